// Two phones in Kotlin: what an app does with the library, against a real server that invited them (CANVASS_INVITATION_…).

import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.math.BigInteger
import java.security.KeyPairGenerator
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import java.time.Duration
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.canvass.mobile.FieldValue
import org.canvass.mobile.Holds
import org.canvass.mobile.Phone
import org.canvass.mobile.PhoneException
import org.canvass.mobile.Post
import org.canvass.mobile.ProspectDraft
import org.canvass.mobile.Reply
import org.canvass.mobile.Signer
import org.canvass.mobile.StandingView
import org.canvass.mobile.TargetOrder
import org.canvass.mobile.Transport
import org.canvass.mobile.TransportException
import org.canvass.mobile.VisitDraft
import org.canvass.mobile.kinds
import org.canvass.mobile.serverOf

/** Posts with what the JDK brings along. */
class Http(private val server: String) : Transport {
    private val client = HttpClient.newHttpClient()

    override suspend fun post(post: Post): Reply = withContext(Dispatchers.IO) {
        val request = HttpRequest.newBuilder(URI(server + post.path))
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/vnd.canvass.sync")
            .POST(BodyPublishers.ofByteArray(post.body))
        post.authorization?.let { request.header("Authorization", it) }
        try {
            val answer = client.send(request.build(), BodyHandlers.ofByteArray())
            Reply(answer.statusCode().toUShort(), answer.body())
        } catch (error: IOException) {
            throw TransportException.Failed(error.toString())
        }
    }
}

/** Never gets through. */
class Unplugged : Transport {
    @Volatile var tried = false

    override suspend fun post(post: Post): Reply {
        tried = true
        throw IOException("the cable is out")
    }
}

/** A key that only signs: what Android's key store does, and the JDK can do too. */
class KeyStore : Signer {
    private val pair = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()

    override fun publicKey(): ByteArray {
        val point = (pair.public as ECPublicKey).w
        return byteArrayOf(4) + fixed(point.affineX) + fixed(point.affineY)
    }

    override fun sign(message: ByteArray): ByteArray =
        java.security.Signature.getInstance("SHA256withECDSA").run {
            initSign(pair.private)
            update(message)
            sign()
        }

    private fun fixed(number: BigInteger): ByteArray {
        val bytes = number.toByteArray()
        return ByteArray(maxOf(0, 32 - bytes.size)) + bytes.copyOfRange(maxOf(0, bytes.size - 32), bytes.size)
    }
}

val folder: String = System.getenv("CANVASS_FOLDER")

/** A phone's key store keeps this. */
val key: ByteArray? = if (System.getenv("CANVASS_ENCRYPTED") == "yes") ByteArray(32) { 7 } else null

fun invitation(person: String): String = System.getenv("CANVASS_INVITATION_$person")

fun visitNow() =
    VisitDraft(occurredAtMs = System.currentTimeMillis(), channel = "on_site", purpose = "拜访业委会主任")

fun ownStanding(phone: Phone): StandingView = phone.standings().single { it.own }

fun wrongInputThrowsTheTypedErrorThatNamesTheField(phone: Phone) {
    val error = runCatching { phone.recordProspect(ProspectDraft(name = "天通苑", fundEstimateFen = -1)) }.exceptionOrNull()
    check(error is PhoneException.Invalid && error.field == "fund_estimate") { "$error" }
    val other = runCatching { Phone.open(folder, "LW", key) }.exceptionOrNull()
    check(other is PhoneException.NotEnrolled) { "$other" }
    check(phone.outstanding() == 0u) { "what was refused must leave nothing behind" }
}

suspend fun withoutANetworkNothingIsLost(phone: Phone, visit: String) = withContext(Dispatchers.Default) {
    val cable = Unplugged()
    val syncing = async { runCatching { phone.sync(cable) } }
    while (!cable.tried) delay(5)
    phone.cancelSync()
    check(syncing.await().exceptionOrNull() is PhoneException.Cancelled)
    check(phone.outstanding() == 2u && phone.record(visit).unsynced == 1u)
}

/** What an account manager does between two visits: looks up, is reminded, writes half a sentence and is called away. */
fun anAccountManagersDay(phone: Phone, prospect: String) {
    for (typed in listOf("枫", "银枫", "yinfeng", "yfjy")) {
        check(phone.search(typed).any { it.prospect == prospect }) { typed }
    }
    check(phone.twins("银枫家园").first().prospect == prospect)
    check(phone.targets(TargetOrder.SCORE).first().reasons.first().because.zh == "1200 户")
    val due = FieldValue.Moment(System.currentTimeMillis() - 1000)
    val promise = mapOf("what" to FieldValue.Text("安装告示牌"), "type" to FieldValue.Text("task"), "due_at" to due)
    val commitment = phone.create("commitment", promise, prospect)
    val item = phone.today().due.items.single { it.record == commitment }
    check(item.overdue && item.prospectName == "银枫家园" && item.text == "安装告示牌") { "$item" }
    check(phone.edit(commitment, mapOf("done_at" to FieldValue.Moment(System.currentTimeMillis()))))
    check(phone.today().due.items.none { it.record == commitment })
    check(phone.timeline(prospect).past.any { it.record.id == commitment })
    check(phone.searchNotes("告示牌").single().record.id == commitment)
    val draft = phone.saveDraft("visit", mapOf("channel" to FieldValue.Text("phone")), prospect = prospect)
    val unfinished = runCatching { phone.finishDraft(draft) }.exceptionOrNull()
    check(unfinished is PhoneException.Invalid && unfinished.field == "occurred_at") { "$unfinished" }
    check(phone.drafts().single().id == draft)
    phone.discardDraft(draft)
    val stage = kinds().single { it.name == "stage_move" }.fields.single { it.name == "to" }
    check((stage.holds as Holds.Choice).options.first().label.zh == "已识别" && stage.required) { "$stage" }
}

/** An account waits for the back office: the phone knows what it would count for, and where the branch would stand. */
fun whatWouldBeIfTheAccountWereConfirmed(phone: Phone, prospect: String) {
    val campaign = ownStanding(phone).campaign
    val today = java.time.LocalDate.now(java.time.ZoneId.of("Asia/Shanghai")).toString()
    val account = phone.create("outcome", mapOf("product" to FieldValue.Text("account"), "opened_on" to FieldValue.Text(today)), prospect)
    check(phone.pending(campaign).single { it.outcome == account }.metric == "communities")
    val then = checkNotNull(phone.whatIf(campaign, listOf(account)))
    check(then.unit == "HP" && then.rank == 2u && then.rankThen == 2u && then.scoreThen == then.score) { "no points for it: $then" }
}

fun main() = runBlocking {
    val http = Http(serverOf(invitation("WF")))
    val keys = KeyStore()
    Phone.enrol(folder, key, invitation("WF"), http, keys).use { check(it.personName() == "王芳") }
    val without = runCatching { Phone.open(folder, "WF", key) }.exceptionOrNull()
    check(without is PhoneException.SignerFailed) { "the key lies in the key store alone: $without" }
    Phone.open(folder, "WF", key, keys).use { phone ->
        wrongInputThrowsTheTypedErrorThatNamesTheField(phone)

        val prospect = phone.recordProspect(ProspectDraft(name = "银枫家园", households = 1200))
        val visit = phone.recordVisit(prospect, visitNow())
        check(phone.list(kind = "visit", prospect = prospect).single().unsynced == 1u)
        withoutANetworkNothingIsLost(phone, visit)
        check(phone.standings().isEmpty()) { "no server has told any yet" }

        val report = withTimeout(60_000) { phone.sync(http) }
        check(report.synced && phone.outstanding() == 0u) { "$report" }
        val standing = ownStanding(phone)
        check(standing.unitName == "黄浦支行" && standing.rank == 1u && standing.score == 2L) { "$standing" }
        check(standing.totals.getValue("visits").confirmed == 1L) { "$standing" }
        check(phone.standings().size == 2) { "every unit that takes part is ranked" }

        Phone.enrol(folder, key, invitation("ZL"), http).use { rival ->
            val elsewhere = rival.recordProspect(ProspectDraft(name = "静安新城"))
            repeat(2) { rival.recordVisit(elsewhere, visitNow()) }
            check(rival.sync(http).synced && ownStanding(rival).rank == 1u)
            check(rival.list().none { it.id == prospect }) { "another branch's records stay there" }
        }
        phone.sync(http)
        check(ownStanding(phone).rank == 2u) { "the other branch leads now: ${phone.standings()}" }
        val idle = phone.sync(http)
        check(idle.sent < 400u && idle.received < 400u) { "an idle sync is small: $idle" }

        anAccountManagersDay(phone, prospect)
        check(phone.edit(prospect, mapOf("households" to FieldValue.Number(1300))))
        val checked = checkNotNull(phone.syncAndCheck(http).check)
        check(checked.differing == 0u && checked.records >= 3u) { "$checked" }
        whatWouldBeIfTheAccountWereConfirmed(phone, prospect)
        check(phone.sync(http).synced && phone.record(prospect).fields["households"] == FieldValue.Number(1300))
    }
    println("two phones in Kotlin know where they stand")
}
