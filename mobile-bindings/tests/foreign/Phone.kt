// Two phones in Kotlin: what an app does with the library, against a real server (CANVASS_SERVER).

import java.io.File
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.canvass.mobile.FieldValue
import org.canvass.mobile.Phone
import org.canvass.mobile.PhoneException
import org.canvass.mobile.ProspectDraft
import org.canvass.mobile.Reply
import org.canvass.mobile.StandingView
import org.canvass.mobile.Transport
import org.canvass.mobile.TransportException
import org.canvass.mobile.VisitDraft

/** Posts with what the JDK brings along. */
class Http(server: String) : Transport {
    private val client = HttpClient.newHttpClient()
    private val address = URI("$server/v1/sync")

    override suspend fun post(body: ByteArray): Reply = withContext(Dispatchers.IO) {
        val request = HttpRequest.newBuilder(address)
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/vnd.canvass.sync")
            .POST(BodyPublishers.ofByteArray(body))
            .build()
        try {
            val answer = client.send(request, BodyHandlers.ofByteArray())
            Reply(answer.statusCode().toUShort(), answer.body())
        } catch (error: IOException) {
            throw TransportException.Failed(error.toString())
        }
    }
}

/** Never gets through. */
class Unplugged : Transport {
    @Volatile var tried = false

    override suspend fun post(body: ByteArray): Reply {
        tried = true
        throw IOException("the cable is out")
    }
}

fun openPhone(name: String, device: UInt, person: String): Phone =
    Phone.open(File(System.getenv("CANVASS_FOLDER"), "$name.db").path, device, person)

fun visitNow() =
    VisitDraft(occurredAtMs = System.currentTimeMillis(), channel = "on_site", purpose = "拜访业委会主任")

fun ownStanding(phone: Phone): StandingView = phone.standings().single { it.own }

fun wrongInputThrowsTheTypedErrorThatNamesTheField(phone: Phone) {
    val error = runCatching { phone.recordProspect(ProspectDraft(name = "天通苑", fundEstimateFen = -1)) }.exceptionOrNull()
    check(error is PhoneException.Invalid && error.field == "fund_estimate") { "$error" }
    val other = runCatching { openPhone("wang", 2u, "LW") }.exceptionOrNull()
    check(other is PhoneException.OtherOwner && other.device == 1u) { "$other" }
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

fun main() = runBlocking {
    val http = Http(System.getenv("CANVASS_SERVER"))
    openPhone("wang", 1u, "WF").use { phone ->
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

        openPhone("zhao", 3u, "ZL").use { rival ->
            val elsewhere = rival.recordProspect(ProspectDraft(name = "静安新城"))
            repeat(2) { rival.recordVisit(elsewhere, visitNow()) }
            check(rival.sync(http).synced && ownStanding(rival).rank == 1u)
            check(rival.list().none { it.id == prospect }) { "another branch's records stay there" }
        }
        phone.sync(http)
        check(ownStanding(phone).rank == 2u) { "the other branch leads now: ${phone.standings()}" }
        val idle = phone.sync(http)
        check(idle.sent < 400u && idle.received < 400u) { "an idle sync is small: $idle" }

        check(phone.edit(prospect, mapOf("households" to FieldValue.Number(1300))))
        check(phone.sync(http).synced && phone.record(prospect).fields["households"] == FieldValue.Number(1300))
    }
    println("two phones in Kotlin know where they stand")
}
