"""Two phones in Python: what an app does with the library, against a real server that invited them (CANVASS_INVITATION_…)."""

import asyncio
import os
import sys
import time
import traceback
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import canvass_mobile as canvass
from canvass_mobile import AttachmentDraft, DossierDraft, FieldValue, Phone, PhoneError, ProspectDraft, VisitDraft

INVITATION = {person: os.environ["CANVASS_INVITATION_" + person] for person in ("WF", "LW", "ZL")}
SERVER = canvass.server_of(INVITATION["WF"])
FOLDER = os.environ["CANVASS_FOLDER"]
ENCRYPTED = os.environ["CANVASS_ENCRYPTED"] == "yes"
# A phone has a key store for this.
KEY = os.urandom(32) if ENCRYPTED else None


class Http(canvass.Transport):
    """Posts with what Python brings along."""

    async def post(self, post):
        return await asyncio.to_thread(self.post_now, post)

    def post_now(self, post):
        headers = {"Content-Type": "application/vnd.canvass.sync"}
        if post.authorization is not None:
            headers["Authorization"] = post.authorization
        request = urllib.request.Request(SERVER + post.path, post.body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return canvass.Reply(status=answer.status, body=answer.read())
        except urllib.error.HTTPError as error:
            return canvass.Reply(status=error.code, body=error.read())
        except OSError as error:
            raise canvass.TransportError.Failed(reason=str(error))


class Unplugged(canvass.Transport):
    """Never gets through, in a way of its own that the library has never heard of."""

    def __init__(self):
        self.tried = asyncio.Event()

    async def post(self, post):
        self.tried.set()
        raise RuntimeError("the cable is out")


class Hanging(canvass.Transport):
    """Takes the bytes and never answers."""

    def __init__(self):
        self.tried = asyncio.Event()

    async def post(self, post):
        self.tried.set()
        await asyncio.Event().wait()


class Once(Http):
    """Loses the first answer, after the server has acted on the request."""

    lost = False

    async def post(self, post):
        reply = await super().post(post)
        if not self.lost:
            self.lost = True
            raise canvass.TransportError.Failed(reason="the answer was lost")
        return reply


class Closed(canvass.Transport):
    """A server that will not have this phone."""

    async def post(self, post):
        return canvass.Reply(status=403, body='{"type": "urn:canvass:problem:unknown-device", "detail": "不认识这台手机"}'.encode())


class Forger(canvass.Transport):
    """Somebody on the network who would like to see the phone wiped."""

    async def post(self, post):
        directive = "0" * 200
        body = '{"type": "urn:canvass:problem:revoked", "detail": "bye", "directive": "%s"}' % directive
        return canvass.Reply(status=403, body=body.encode())


async def enrol(person):
    return await Phone.enrol(FOLDER, KEY, INVITATION[person], Http())


def opened(person, key=KEY):
    return Phone.open(FOLDER, person, key)


def now_ms():
    return int(time.time() * 1000)


def raised(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


async def not_synced(kind, syncing):
    try:
        await syncing
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def wrong_input_raises_the_typed_error_that_names_the_field(a):
    def field(call):
        error = raised(PhoneError.Invalid, call)
        assert error.reason, error
        return error.field

    prospect = a.record_prospect(ProspectDraft(name="静安新城"))
    visit = VisitDraft(occurred_at_ms=now_ms(), channel="on_site")
    before = a.outstanding()
    negative = ProspectDraft(name="天通苑", fund_estimate_fen=-1)
    assert field(lambda: a.record_prospect(negative)) == "fund_estimate"
    lost = ProspectDraft(name="天通苑", place=canvass.Place(lat_e7=900_000_001, lon_e7=0, accuracy_m=5))
    assert field(lambda: a.record_prospect(lost)) == "place"
    gift = VisitDraft(occurred_at_ms=now_ms(), channel="on_site", gift_value_fen=-5)
    assert field(lambda: a.record_visit(prospect, gift)) == "gift_value"
    long_ago = VisitDraft(occurred_at_ms=0, channel="on_site")
    assert field(lambda: a.record_visit(prospect, long_ago)) == "occurred_at"
    assert field(lambda: a.record_visit(prospect, VisitDraft(occurred_at_ms=now_ms(), channel="fax"))) == "channel"
    assert field(lambda: a.record_visit("not an id", visit)) == "prospect"
    assert field(lambda: a.list(kind="Visit!")) == "kind"
    assert field(lambda: a.record("42")) == "id"
    assert field(lambda: a.edit(prospect, {"no such": FieldValue.EMPTY()})) == "no such"
    assert field(lambda: a.edit(prospect, {"households": FieldValue.TEXT("many")})) == "households"
    assert field(lambda: opened("黄浦")) == "person"
    assert field(lambda: opened("WF", b"short")) == "key"
    assert field(lambda: canvass.server_of("https://elsewhere.example")) == "invitation"

    elsewhere = "0195a0c4-7c00-7000-8000-000000000000"
    assert raised(PhoneError.NotFound, lambda: a.record(elsewhere)).id == elsewhere
    raised(PhoneError.NotFound, lambda: a.dismiss("00"))
    nothing = FieldValue.TEXT("静安")
    assert raised(PhoneError.NoConflict, lambda: a.resolve(prospect, "name", nothing)).field == "name"
    raised(PhoneError.NotEnrolled, lambda: opened("ZL"))
    assert a.outstanding() == before, "what was refused must leave nothing behind"


async def a_visit_is_recorded_offline_and_reaches_the_other_phone(a, b):
    fund = 30_000_000_00
    prospect = a.record_prospect(ProspectDraft(name="天通苑", households=1200, fund_estimate_fen=fund))
    draft = VisitDraft(occurred_at_ms=now_ms(), channel="on_site", purpose="拜访业委会主任", gift_value_fen=300_00)
    visit = a.record_visit(prospect, draft)
    [listed] = a.list(kind="visit", prospect=prospect)
    assert (listed.id, listed.kind, listed.prospect) == (visit, "visit", prospect), listed
    assert listed.title == "拜访业委会主任" and listed.occurred_at_ms == draft.occurred_at_ms, listed
    assert listed.fields["gift_value"] == FieldValue.NUMBER(300_00), listed
    assert listed.flags == ["gift-above-limit"] and listed.unsynced > 0, listed
    assert {record.id for record in a.list(prospect=prospect)} == {prospect, visit}
    assert len(a.list(limit=1)) == 1 and a.list(kind="visit", offset=1) == []

    report = await a.sync(Http())
    assert report.synced and report.outstanding == 0 and report.acknowledged >= 2, report
    assert a.outstanding() == 0 and a.record(visit).unsynced == 0 and a.inbox() == []
    assert abs(a.clock_skew_ms()) < 60_000, "one clock for both"
    assert a.record(visit).author_name == "王芳"

    assert b.list() == []
    report = await b.sync(Http())
    assert report.synced and report.pulled >= 2, report
    [there] = b.list(kind="visit", prospect=prospect)
    assert there == a.record(visit), (there, a.record(visit))
    assert b.record(prospect).fields["fund_estimate"] == FieldValue.NUMBER(fund)
    return prospect


async def two_who_edit_at_once_both_see_it_and_one_settles_it(a, b, prospect):
    assert a.edit(prospect, {"households": FieldValue.NUMBER(1300)})
    assert not a.edit(prospect, {"households": FieldValue.NUMBER(1300)}), "nothing differs"
    assert b.edit(prospect, {"households": FieldValue.NUMBER(1400), "district": FieldValue.TEXT("昌平")})
    for each in (a, b, a):
        assert (await each.sync(Http())).synced
    for each in (a, b):
        [conflict] = each.record(prospect).conflicts
        claims = {(claim.value.value, claim.author, claim.author_name) for claim in conflict.claims}
        assert conflict.field == "households" and conflict.before == FieldValue.NUMBER(1200), conflict
        assert claims == {(1300, 1, "王芳"), (1400, 2, "李伟")}, claims
        assert each.record(prospect).fields["district"] == FieldValue.TEXT("昌平")

    b.resolve(prospect, "households", FieldValue.NUMBER(1300))
    for each in (b, a):
        assert (await each.sync(Http())).synced
    assert a.record(prospect) == b.record(prospect)
    assert a.record(prospect).conflicts == []
    assert a.record(prospect).fields["households"] == FieldValue.NUMBER(1300)


async def without_a_network_nothing_is_called_synced_and_nothing_is_lost(a, prospect):
    draft = VisitDraft(occurred_at_ms=now_ms(), channel="phone", note="约定周五再访")
    visit = a.record_visit(prospect, draft)
    kept = a.record(visit)
    assert kept.unsynced == 1 and a.outstanding() == 1

    rejected = await not_synced(PhoneError.Rejected, a.sync(Closed()))
    assert rejected.status == 403 and rejected.reason == "不认识这台手机", rejected
    for transport in (Unplugged(), Hanging()):
        syncing = asyncio.ensure_future(a.sync(transport))
        await transport.tried.wait()
        assert a.record(visit) == kept, "the app reads on while a sync is under way"
        a.cancel_sync()
        await not_synced(PhoneError.Cancelled, syncing)
    assert a.record(visit) == kept and a.outstanding() == 1

    report = await a.sync(Once())
    assert report.synced and report.failures == 1, report
    assert a.outstanding() == 0 and a.record(visit).unsynced == 0


async def what_is_recorded_during_a_sync_is_not_called_synced(a, prospect):
    class Interrupted(Http):
        async def post(self, post):
            reply = await super().post(post)
            a.record_visit(prospect, VisitDraft(occurred_at_ms=now_ms(), channel="video"))
            return reply

    report = await a.sync(Interrupted())
    assert not report.synced and report.outstanding == 1 == a.outstanding(), report
    assert (await a.sync(Http())).synced


async def two_syncs_at_once_take_turns(a, prospect):
    a.record_visit(prospect, VisitDraft(occurred_at_ms=now_ms(), channel="forum"))
    first, second = await asyncio.gather(a.sync(Http()), a.sync(Http()))
    assert first.synced and second.synced
    assert sorted([first.acknowledged, second.acknowledged]) == [0, 1], (first, second)


async def a_photo_travels_behind_its_record_and_is_fetched_by_whoever_wants_it(a, b, prospect):
    visit = a.record_visit(prospect, VisitDraft(occurred_at_ms=now_ms(), channel="on_site"))
    photo = os.urandom(300_000)
    draft = AttachmentDraft(media_type="image/jpeg", name="大门", taken_at_ms=now_ms())
    attachment = a.attach(visit, draft, photo)
    assert a.read_attachment(attachment) == photo, "it is safe at once"
    too_large = raised(PhoneError.Invalid, lambda: a.attach(visit, draft, bytes(20 * 1024 * 1024 + 1)))
    assert too_large.field == "attachment", too_large
    assert (await a.sync(Http())).synced, "no record waits for a photo"

    held_back = await a.sync_attachments(Http(), limit=0)
    assert held_back.sent == 0, held_back
    some = await a.sync_attachments(Http(), limit=131_072)
    assert (some.brought, some.held_back) == (0, 1), some
    [unsent] = a.unsent_attachments()
    assert (unsent.id, unsent.size, unsent.there) == (attachment, 300_000, 131_072), unsent
    rest = await a.sync_attachments(Http())
    assert rest.brought == 1 and rest.sent < 180_000, rest
    assert a.unsent_attachments() == []

    assert (await b.sync(Http())).synced
    [view] = b.attachments(visit)
    assert (view.id, view.name, view.size, view.here) == (attachment, "大门", 300_000, 0), view
    assert b.read_attachment(attachment) is None
    b.want_attachment(attachment)
    assert (await b.sync_attachments(Http())).fetched == 1
    assert b.read_attachment(attachment) == photo


async def an_invitation_brings_one_phone_in():
    number, code, fingerprint = INVITATION["WF"].split("#")[1].split(".")
    typed = f"{SERVER}/enrol#{number}.0000-0000-0000-0000.{fingerprint.lower()}"
    wrong = await not_synced(PhoneError.InvitationRefused, Phone.enrol(FOLDER, KEY, typed, Http()))
    assert wrong.code == "invitation-unknown" and wrong.reason, wrong
    assert canvass.people(FOLDER) == []
    a = await enrol("WF")
    assert (a.person(), a.person_name()) == ("WF", "王芳")
    used = await not_synced(PhoneError.InvitationRefused, enrol("WF"))
    assert used.code == "invitation-used", used
    b = await enrol("LW")
    assert canvass.people(FOLDER) == ["LW", "WF"]
    return a, b


async def a_forged_directive_wipes_nothing(a, prospect):
    await not_synced(PhoneError.Rejected, a.sync(Forger()))
    assert a.record(prospect).id == prospect


async def dossiers_need_encryption_and_every_reading_is_noted(a, prospect):
    draft = DossierDraft(name="周建国", role="chair", influence=5, birthday="1961-05-04")
    if not ENCRYPTED:
        assert not a.dossiers_are_open()
        raised(PhoneError.NoDossiers, lambda: a.record_dossier(prospect, draft))
        raised(PhoneError.NoDossiers, lambda: a.dossiers(prospect))
        return
    raised(PhoneError.WrongKey, lambda: opened("WF", os.urandom(32)))
    assert a.dossiers_are_open()
    dossier = a.record_dossier(prospect, draft)
    assert a.read_dossier(dossier).fields["influence"] == FieldValue.NUMBER(5)
    assert [found.id for found in a.dossiers(text="建国")] == [dossier] and a.dossiers(text="王") == []
    assert all(found.id != dossier for found in a.list())
    assert (await a.sync(Http())).synced and a.read_dossier(dossier).unsynced == 0
    for name in os.listdir(FOLDER):
        path = os.path.join(FOLDER, name)
        if os.path.isfile(path) and name.startswith("WF."):
            assert "周建国".encode() not in open(path, "rb").read(), name


async def a_check_says_how_many_records_differ_and_old_visits_can_leave(a, prospect):
    report = await a.sync_and_check(Http())
    assert report.synced and report.check.differing == 0 == report.check.found, report
    assert report.check.records >= len(a.list(limit=200)) > 3, report
    assert (await a.sync(Http())).check is None
    assert a.retention_days() is None and a.reassigned() == []
    assert raised(PhoneError.Invalid, lambda: a.set_retention_days(7)).field == "retention"
    a.set_retention_days(90)
    assert a.retention_days() == 90
    assert a.retired(prospect) == 0 == a.fetch_retired(prospect)


def moment(hours):
    return FieldValue.MOMENT(now_ms() + hours * 3_600_000)


def a_form_for_any_kind_can_be_built_from_its_description(a):
    kinds = {kind.name: kind for kind in canvass.kinds()}
    promised = kinds["commitment"]
    assert promised.label.zh == "承诺" and promised.recorded_here and promised.of_prospect, promised
    fields = {field.name: field for field in promised.fields}
    assert fields["what"].required and fields["what"].holds == canvass.Holds.WORDS(400), fields["what"]
    assert [option.name for option in fields["type"].holds.options] == ["task", "appointment", "care"]
    assert not kinds["assignment"].recorded_here and kinds["dossier"].confidential and not kinds["campaign"].of_prospect
    # A field is either of two where a visit has taken place or is planned.
    assert {f.name: f.instead for f in kinds["visit"].fields}["occurred_at"] == "planned_at"
    wrong = raised(PhoneError.Invalid, lambda: a.create("promise", {}))
    assert wrong.field == "kind" and "commitment" in wrong.reason, wrong
    gift = canvass.explain_flag("gift-above-limit")
    assert "200" in gift.means.zh and "200" in gift.means.en and canvass.explain_flag("from-the-future") is None


async def an_account_managers_day(a, b):
    near = canvass.Place(lat_e7=312_304_000, lon_e7=1_214_737_000, accuracy_m=10)
    draft = ProspectDraft(name="重庆北路小区", district="黄浦", address="重庆北路24弄", households=3000, place=near)
    chongqing = a.record_prospect(draft)
    far = canvass.Place(lat_e7=312_404_000, lon_e7=1_214_737_000, accuracy_m=10)
    twin = a.record_prospect(ProspectDraft(name="重庆北路小区（一期）", district="黄浦", place=far))

    # Search, from one character on, by readings and initials.
    for typed in ("重", "庆北", "chongqing", "cqbl", "zhongqing", "24弄"):
        assert chongqing in [found.prospect for found in a.search(typed)], typed
    [first, *_] = a.search("重庆北路小区")
    assert (first.prospect, first.start, first.end, first.in_address) == (chongqing, 0, 6, False), first
    assert a.search("qqq") == []
    assert [likely.prospect for likely in a.twins("重庆北路小区", district="黄浦")][0] == chongqing
    assert [close.prospect for close in a.nearest(near, limit=1)] == [chongqing]
    assert [stop.prospect for stop in a.route(near, [twin, chongqing])] == [chongqing, twin]
    [best, *_] = a.targets(canvass.TargetOrder.SCORE)
    assert best.prospect == chongqing and best.reasons[0].because.en == "3000 households", best

    # Something promised is before them today; kept, it is not.
    promise = {"what": FieldValue.TEXT("送去两把遮阳伞"), "type": FieldValue.TEXT("task"), "due_at": moment(-1)}
    commitment = a.create("commitment", promise, chongqing)
    complaint = {"facts": FieldValue.TEXT("查不到维修资金余额"), "occurred_at": moment(-25), "severity": FieldValue.TEXT("grave")}
    a.create("complaint", complaint, chongqing)
    plan = {"planned_at": moment(0), "channel": FieldValue.TEXT("on_site"), "purpose": FieldValue.TEXT("见业委会")}
    planned = a.create("visit", plan, chongqing)
    missing = raised(PhoneError.Invalid, lambda: a.create("visit", {"channel": FieldValue.TEXT("phone")}, chongqing))
    assert missing.field == "occurred_at" and "planned_at" in missing.reason and missing.in_chinese, missing
    today = a.today(here=near)
    assert commitment in [item.record for item in today.due.items], today.due
    [grave] = [item for item in today.complaints.items if item.prospect == chongqing]
    assert grave.overdue and grave.pressing and grave.text == "查不到维修资金余额" and grave.what.zh == "投诉待答复", grave
    assert planned in [item.record for item in today.appointments.items], today.appointments
    assert today.nearby[0].prospect == chongqing and today.unsynced_records >= 4, today
    care = canvass.CareView.DATES if ENCRYPTED else canvass.CareView.NOT_HELD
    assert isinstance(today.care, care), today.care
    assert a.edit(commitment, {"done_at": moment(0)})
    assert commitment not in [item.record for item in a.today().due.items]
    assert a.record(commitment).flags == ["kept-late"]

    # The pipeline, and what was done.
    assert a.stage(chongqing).stage == "identified"
    move = {"from": FieldValue.TEXT("identified"), "to": FieldValue.TEXT("contacted"), "occurred_at": moment(0)}
    a.create("stage_move", {**move, "amount": FieldValue.NUMBER(20_000_000_00)}, chongqing)
    assert a.stage(chongqing).stage == "contacted" and "engaged" in a.stage(chongqing).next
    visit = VisitDraft(occurred_at_ms=now_ms(), channel="on_site", note="会长关心资金安全 🏘️")
    a.record_visit(chongqing, visit)
    assert [note.record.prospect for note in a.search_notes("资金安全")] == [chongqing]
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
    numbers = a.numbers(day, day)
    assert numbers.visits >= 1 and numbers.begun == 1 and numbers.commitments_late == 1, numbers
    assert numbers.breaches["kept-late"] == 1, numbers
    assert raised(PhoneError.Invalid, lambda: a.numbers("2026-13-01", day)).field == "from"

    # Two that are the same are linked; the timeline of one shows both.
    other = a.record_visit(twin, VisitDraft(occurred_at_ms=now_ms(), channel="phone", minutes=10))
    a.link(twin, chongqing)
    assert a.linked(chongqing) == [twin]
    page = a.timeline(chongqing, limit=2)
    seen = [moment_.record.id for moment_ in page.past]
    assert planned in [moment_.record.id for moment_ in page.planned], page
    while page.next is not None:
        page = a.timeline(chongqing, before=page.next, limit=2)
        seen += [moment_.record.id for moment_ in page.past]
    assert other in seen and len(seen) == len(set(seen)), seen
    a.unlink(twin)
    assert a.linked(chongqing) == []
    [last, *_] = a.history(twin)
    assert (last.field, last.after) == ("same_as", FieldValue.EMPTY()), last

    # A draft outlives the app, and becomes a record once.
    half = a.save_draft("visit", {"channel": FieldValue.TEXT("on_site"), "minutes": FieldValue.TEXT("二十")}, prospect=chongqing)
    [kept] = opened("WF").drafts()
    assert kept.id == half and kept.fields["minutes"] == FieldValue.TEXT("二十"), kept
    assert raised(PhoneError.Invalid, lambda: a.finish_draft(half)).field == "minutes"
    whole = {"channel": FieldValue.TEXT("on_site"), "minutes": FieldValue.NUMBER(20), "occurred_at": moment(0)}
    a.save_draft("visit", whole, id=half, prospect=chongqing)
    assert a.finish_draft(half) == half and a.drafts() == [] and a.record(half).kind == "visit"
    raised(PhoneError.NotFound, lambda: a.finish_draft(half))

    # All of it, as a file; and on the colleague's phone.
    path = os.path.join(FOLDER, "export.jsonl")
    lines = a.export(path)
    assert lines == len(a.list(limit=200)), lines
    assert "送去两把遮阳伞" in open(path, encoding="utf-8").read()
    raised(PhoneError.Storage, lambda: a.export(path))
    os.remove(path)
    report = await a.sync(Http())
    assert report.synced and a.inbox() == [], (report, a.inbox())
    assert (await b.sync(Http())).synced
    assert b.stage(chongqing).stage == "contacted" and [note.field for note in b.search_notes("遮阳伞")] == ["what"]
    assert chongqing in [found.prospect for found in b.search("cq")]
    assert b.today().complaints.items == [] and len(b.today(everybody=True).complaints.items) == 1
    return chongqing


async def who_begins_a_community_hears_that_another_unit_works_it(a):
    rival = await enrol("ZL")
    theirs = rival.record_prospect(ProspectDraft(name="重庆北路小区", district="黄浦"))
    assert rival.also_worked_by(theirs) == []
    assert (await rival.sync(Http())).synced
    assert rival.also_worked_by(theirs) == ["黄浦一网点"], rival.also_worked_by(theirs)
    assert [record.id for record in rival.list(kind="prospect")] == [theirs], "and nothing else of theirs"


def what_would_be_if_the_account_were_confirmed(a, prospect):
    [own] = [place for place in a.standings() if place.own]
    today = datetime.now(timezone(timedelta(hours=8))).date().isoformat()
    claim = {"product": FieldValue.TEXT("account"), "opened_on": FieldValue.TEXT(today), "amount": FieldValue.NUMBER(500_00)}
    account = a.create("outcome", claim, prospect)
    waits = {each.metric: each.value for each in a.pending(own.campaign) if each.outcome == account}
    assert waits == {"communities": 1, "fund": 500_00}, waits
    then = a.what_if(own.campaign, [account])
    assert (then.unit, then.rank, then.score_then) == (own.unit, own.rank, then.score), then
    assert raised(PhoneError.Invalid, lambda: a.what_if("nonsense", [])).field == "campaign"
    assert a.what_if(account, []) is None


async def main():
    a, b = await an_invitation_brings_one_phone_in()
    wrong_input_raises_the_typed_error_that_names_the_field(a)
    prospect = await a_visit_is_recorded_offline_and_reaches_the_other_phone(a, b)
    await two_who_edit_at_once_both_see_it_and_one_settles_it(a, b, prospect)
    await without_a_network_nothing_is_called_synced_and_nothing_is_lost(a, prospect)
    await what_is_recorded_during_a_sync_is_not_called_synced(a, prospect)
    await two_syncs_at_once_take_turns(a, prospect)
    await a_photo_travels_behind_its_record_and_is_fetched_by_whoever_wants_it(a, b, prospect)
    await a_forged_directive_wipes_nothing(a, prospect)
    await dossiers_need_encryption_and_every_reading_is_noted(a, prospect)
    a_form_for_any_kind_can_be_built_from_its_description(a)
    await an_account_managers_day(a, b)
    await who_begins_a_community_hears_that_another_unit_works_it(a)
    what_would_be_if_the_account_were_confirmed(a, prospect)
    await a_check_says_how_many_records_differ_and_old_visits_can_leave(a, prospect)


try:
    asyncio.run(main())
except BaseException:
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)
print("two phones in Python agree")
sys.stdout.flush()
# An interpreter that shuts down right after async calls can abort.
os._exit(0)
