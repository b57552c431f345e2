//! Golden bytes: every message of protocol 1, and a record of every kind of schema 1, as they were first written, are read by
//! whatever the code is by now, to the value that they had; and what is written today has all that an older reader looks for.

#![expect(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

use canvass_core::document::gate::{Guarded, Rules};
use canvass_core::document::{Actor, Authorship, Change, Document, change_hash};
use canvass_core::domain::{
    Audience, Bank, Date, Device, DeviceNumber, Digest, FieldSpec, FieldType, Fields, KINDS, Kind, Membership, Person,
    PhoneTime, RecordId, Required, Role, ServerTime, Unit, UnitLevel, Value, WrittenBy,
};
use canvass_core::projection::{conflicts_to_json, fields_from_json, fields_to_json, project};
use canvass_core::signing::{Authorization, Signer, SoftwareKey};
use canvass_core::wire::{
    ABLE_DOSSIERS, Ask, Before, CampaignStandings, CheckDigest, Commit, Delivery, Demand, Directive, DossierKey,
    EnrolRequest, EnrolResponse, Enrolled, GetRequest, GetResponse, Held, Inventory, Invitation, InvitationCode,
    MetricTotal, Named, PROTOCOL, Position, Push, PutRequest, PutResponse, Reading, Receipt, ReceiptEntry, ReceiptPart,
    Reference, Request, Response, SignedDirective, Standings, StateRequest, StateResponse, UnitStanding, Verdict,
};
use canvass_tests::golden::{Sheet, hex, unhex};
use canvass_tests::item::Item;
use std::collections::BTreeMap;

const MESSAGES: &str = "messages-v1.txt";
const RECORDS: &str = "records-schema-1.txt";
const SECOND: i64 = 1_772_000_000_000;

fn phone_time() -> PhoneTime {
    PhoneTime::from_millis(SECOND).expect("a time")
}

fn server_time() -> ServerTime {
    ServerTime::from_millis(SECOND + 500).expect("a time")
}

fn record(n: u8) -> RecordId {
    RecordId::new(n.into(), [n; 10])
}

fn key(n: u8) -> SoftwareKey {
    SoftwareKey::from_secret(&[n; 32]).expect("a key")
}

fn entry(n: u8) -> ReceiptEntry {
    ReceiptEntry { hash: change_hash(&[n; 40]), author: DeviceNumber::new(n.into()), received_at: server_time() }
}

fn receipt() -> Receipt {
    Receipt { mac: [8; 32], entries: vec![entry(1), entry(2)] }
}

fn bare_request() -> Request {
    let mut request =
        Request::new(DeviceNumber::new(7), "P1".parse().expect("a person"), phone_time(), u64::MAX, 1_000_000);
    request.schema = 1;
    request.positions = vec![
        Position { feed: Audience::Bank, low: 0, high: 12 },
        Position { feed: "unit/B1-S1".parse().expect("a feed"), low: 5, high: 12 },
        Position { feed: "dossiers/P1".parse().expect("a feed"), low: 0, high: 9 },
    ];
    request.reference = 3;
    let (kind, changes) = ("visit".parse().expect("a kind"), vec![vec![1, 2, 3].into(), vec![].into()]);
    request.pushes = vec![Push { record: record(1), kind, changes }];
    request
}

fn request() -> Request {
    let mut request = bare_request();
    request.token = Some(vec![1; 40].into());
    request.commit = Some(Commit { sequence: 12, mark: 6 });
    request.receipts = vec![receipt()];
    request.able = vec![ABLE_DOSSIERS.to_owned()];
    request.standings = 77;
    request.readings = vec![Reading { id: record(5), dossier: record(6), at: phone_time() }];
    request
}

fn reference() -> Reference {
    let unit = |id: &str, parent: Option<&str>, level| Unit {
        id: id.parse().expect("a unit"),
        parent: parent.map(|parent| parent.parse().expect("a unit")),
        level,
        name: format!("{id} 黄浦支行"),
    };
    let units = vec![
        unit("H", None, UnitLevel::HeadOffice),
        unit("B1", Some("H"), UnitLevel::Branch),
        unit("B1-S1", Some("B1"), UnitLevel::SubBranch),
    ];
    let person = |id: &str, role: Role| Person {
        id: id.parse().expect("a person"),
        name: "王芳".to_owned(),
        roles: role.into(),
    };
    let people = vec![person("P1", Role::AccountManager), person("P2", Role::BranchLeader)];
    let member = |id: &str, until| Membership {
        person: id.parse().expect("a person"),
        unit: "B1-S1".parse().expect("a unit"),
        from: Date::constant(2026, 1, 1),
        until,
    };
    let members = vec![member("P1", Some(Date::constant(2026, 7, 1))), member("P2", None)];
    let devices = vec![Device { number: DeviceNumber::new(7), person: "P1".parse().expect("a person") }];
    Reference::of(&Bank::new(units, people, members, devices).expect("a bank"), 3)
}

fn standings() -> Standings {
    let totals = vec![
        MetricTotal { metric: "visits".into(), confirmed: 12, pending: 0 },
        MetricTotal { metric: "fund".into(), confirmed: -5, pending: 300 },
    ];
    let place = |unit: &str, rank, movement| UnitStanding {
        unit: unit.parse().expect("a unit"),
        rank,
        score: 24,
        target: 5,
        movement,
        totals: totals.clone(),
    };
    let units = vec![place("B1", 1, Some(-2)), place("B2", 2, None)];
    let week = "2026-W10".parse().expect("a week");
    let campaign = CampaignStandings { campaign: record(4), name: "百日会战".into(), week, units };
    Standings { version: 4_611_686_018_427_387_905, campaigns: vec![campaign] }
}

fn bare_response() -> Response {
    let mut response = Response::new(u64::MAX, server_time());
    let refused = Verdict::Refused { code: "checksum".into(), words: "it was damaged: save it again".into() };
    response.verdicts = vec![
        vec![Verdict::Accepted, Verdict::Known, Verdict::NeedsDeps],
        vec![Verdict::PullFirst, Verdict::Held, refused],
    ];
    let kind = "prospect".parse().expect("a kind");
    response.deliveries = vec![Delivery { record: record(2), kind, changes: vec![vec![9; 40].into()] }];
    response.evictions = vec![record(3)];
    response.positions = vec![Position { feed: "leaders/B1".parse().expect("a feed"), low: 5, high: 12 }];
    response.more = true;
    response
}

fn response() -> Response {
    let mut response = bare_response();
    response.reference = Some(reference());
    response.token = Some(vec![2; 40].into());
    response.lease_ms = 14 * 86_400_000;
    response.lost = true;
    response.commit = Some(Commit { sequence: 12, mark: 6 });
    response.receipt = Some(ReceiptPart::of([8; 32], &[entry(1), entry(2)]));
    response.dossier_key = Some(DossierKey::new([4; 32]));
    response.standings = Some(standings());
    response
}

fn enrol_request() -> EnrolRequest {
    EnrolRequest::new(41, InvitationCode::new([5; 10]), &key(1), phone_time()).expect("signed")
}

fn enrolled() -> Enrolled {
    Enrolled {
        device: DeviceNumber::new(7),
        person: "P1".parse().expect("a person"),
        name: "王芳".to_owned(),
        roles: Role::AccountManager.into(),
        units: vec!["B1-S1".parse().expect("a unit")],
        clock: server_time(),
        server_key: key(9).public_key(),
        token: vec![1, 2, 3].into(),
        lease_ms: 14 * 86_400_000,
        dossier_key: Some(DossierKey::new([3; 32])),
    }
}

/// Requests with what came later: a check, its second question, records asked for whole.
fn later_requests() -> [(&'static str, Request); 2] {
    let asking = Request { check: Some(Ask { months: None }), ..bare_request() };
    let months = Some(Ask { months: Some(vec![672, 673]) });
    [
        ("request with a check", asking),
        (
            "request that asks for records",
            Request { check: months, fetch: vec![record(7), record(8)], ..bare_request() },
        ),
    ]
}

/// Responses with what came later: digests, what is unknown, what was erased.
fn later_responses() -> [(&'static str, Response); 2] {
    let digest = CheckDigest::of_changes(vec![entry(1).hash, entry(2).hash]);
    let mut inventory = Inventory::default();
    inventory.add(false, record(2), digest);
    inventory.add(true, record(3), digest);
    let months = Some(inventory.answer(&Ask { months: None }));
    let records = Some(inventory.answer(&Ask { months: Some(vec![0]) }));
    let (unknown, erased) = (vec![record(7)], vec![record(8), record(9)]);
    [
        ("response with the digests of months", Response { check: months, ..bare_response() }),
        ("response with digests and erasures", Response { check: records, unknown, erased, ..bare_response() }),
    ]
}

fn coming_back_request() -> EnrolRequest {
    EnrolRequest { before: Some(Before { device: DeviceNumber::new(7), token: vec![2; 40].into() }), ..enrol_request() }
}

fn photo() -> Named {
    Named { record: record(9), digest: Digest::of(b"a photo") }
}

fn state_request() -> StateRequest {
    let person = "P1".parse().expect("a person");
    StateRequest { protocol: PROTOCOL, nonce: 5, device: DeviceNumber::new(7), person, asked: vec![photo()] }
}

fn state_response() -> StateResponse {
    let states = vec![Held::Unknown, Held::Partly(65_536), Held::Whole, Held::OtherBytes];
    StateResponse { protocol: PROTOCOL, nonce: 5, states }
}

fn put_request() -> PutRequest {
    let (person, device) = ("P1".parse().expect("a person"), DeviceNumber::new(7));
    PutRequest {
        protocol: PROTOCOL,
        nonce: 5,
        device,
        person,
        named: photo(),
        offset: 65_536,
        piece: vec![7; 99].into(),
    }
}

fn put_response() -> PutResponse {
    PutResponse { protocol: PROTOCOL, nonce: 5, held: Held::Whole }
}

fn get_request() -> GetRequest {
    let (person, device) = ("P1".parse().expect("a person"), DeviceNumber::new(7));
    GetRequest { protocol: PROTOCOL, nonce: 5, device, person, named: photo(), offset: 0, most: 65_536 }
}

fn get_response() -> GetResponse {
    GetResponse { protocol: PROTOCOL, nonce: 5, held: Held::Whole, piece: Some(vec![7; 99].into()) }
}

fn directive() -> Directive {
    Directive { device: DeviceNumber::new(7), what: Demand::Wipe, hand_over: true, at: server_time() }
}

fn invitation() -> Invitation {
    Invitation {
        base: "https://canvass.bank.example:8443/a".to_owned(),
        number: 41,
        code: InvitationCode::new([0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3, 4, 0xff]),
        fingerprint: key(9).public_key().fingerprint(),
    }
}

fn authorization(body: &[u8]) -> Authorization {
    Authorization::sign(&key(1), DeviceNumber::new(7), "/v1/sync", phone_time(), body).expect("signed")
}

#[test]
fn requests_and_answers_of_version_1_are_read_as_they_were_meant() {
    let sheet = Sheet::read(MESSAGES);
    assert_eq!(Request::decode(&sheet.bytes("request")), Ok(request()));
    assert_eq!(Response::decode(&sheet.bytes("response")), Ok(response()));
    // What a phone and a server send that have nothing to say in the optional fields: those are left out.
    assert_eq!(Request::decode(&sheet.bytes("request without optional fields")), Ok(bare_request()));
    assert_eq!(Response::decode(&sheet.bytes("response without optional fields")), Ok(bare_response()));
    let told = reference().bank().expect("a bank");
    let read = Response::decode(&sheet.bytes("response")).expect("an answer").reference.expect("the bank");
    assert_eq!(read.bank(), Ok(told));
    let hashes = [entry(1).hash, entry(2).hash];
    let part = Response::decode(&sheet.bytes("response")).expect("an answer").receipt.expect("a receipt");
    assert_eq!(part.entries(&hashes), Ok(receipt().entries));
}

#[test]
fn checks_erasures_and_a_phone_that_comes_back_are_read_as_they_were_meant() {
    let sheet = Sheet::read(MESSAGES);
    for (name, meant) in later_requests() {
        assert_eq!(Request::decode(&sheet.bytes(name)), Ok(meant), "{name}");
    }
    for (name, meant) in later_responses() {
        assert_eq!(Response::decode(&sheet.bytes(name)), Ok(meant), "{name}");
    }
    let coming_back = EnrolRequest::decode(&sheet.bytes("enrol request of a phone that comes back"));
    assert_eq!(coming_back, Ok(coming_back_request()));
}

#[test]
fn what_travels_for_attachments_is_read_as_it_was_meant() {
    let sheet = Sheet::read(MESSAGES);
    assert_eq!(StateRequest::decode(&sheet.bytes("attachments state request")), Ok(state_request()));
    assert_eq!(StateResponse::decode(&sheet.bytes("attachments state response")), Ok(state_response()));
    assert_eq!(PutRequest::decode(&sheet.bytes("attachments put request")), Ok(put_request()));
    assert_eq!(PutResponse::decode(&sheet.bytes("attachments put response")), Ok(put_response()));
    assert_eq!(GetRequest::decode(&sheet.bytes("attachments get request")), Ok(get_request()));
    assert_eq!(GetResponse::decode(&sheet.bytes("attachments get response")), Ok(get_response()));
}

#[test]
fn enrolments_directives_invitations_and_signatures_of_version_1_hold() {
    let sheet = Sheet::read(MESSAGES);
    let request = EnrolRequest::decode(&sheet.bytes("enrol request")).expect("a request");
    assert!(request.is_proven(), "the lines that are signed are the same");
    assert_eq!(request, enrol_request());
    let response = EnrolResponse::decode(&sheet.bytes("enrol response")).expect("an answer");
    assert_eq!(response.open(&key(9).public_key().fingerprint()), Ok(enrolled()));
    let signed: SignedDirective = sheet.text("directive").parse().expect("a directive");
    assert_eq!(signed.open(&key(9).public_key(), DeviceNumber::new(7)), Ok(directive()));
    assert_eq!(sheet.text("invitation").parse(), Ok(invitation()));
    let header: Authorization = sheet.text("authorization of the request").parse().expect("a header");
    assert!(header.is_by(&key(1).public_key(), "/v1/sync") && header.covers(&sheet.bytes("request")));
    assert_eq!(header, authorization(&sheet.bytes("request")));
}

#[test]
fn what_phones_keep_of_answers_is_read_as_it_was_kept() {
    let sheet = Sheet::read(MESSAGES);
    assert_eq!(Reference::from_bytes(&sheet.bytes("stored reference")), Ok(reference()));
    assert_eq!(Standings::from_bytes(&sheet.bytes("stored standings")), Ok(standings()));
    assert_eq!(Commit::from_bytes(&sheet.bytes("stored commit")), Some(Commit { sequence: 12, mark: 6 }));
    assert_eq!(Receipt::from_bytes(&sheet.bytes("stored receipt")), Ok(receipt()));
    assert_eq!(Receipt::said(&receipt().entries), sheet.bytes("what a receipt's mac covers"));
}

#[test]
fn an_older_reader_finds_in_todays_messages_all_that_it_looks_for() {
    let sheet = Sheet::read(MESSAGES);
    let today = [
        ("request", request().encode().expect("encoded")),
        ("request without optional fields", bare_request().encode().expect("encoded")),
        ("response", response().encode().expect("encoded")),
        ("response without optional fields", bare_response().encode().expect("encoded")),
        ("enrol request", enrol_request().encode().expect("encoded")),
    ];
    for (name, body) in today {
        let (new, old) = (Item::of(&body), Item::of(&sheet.bytes(name)));
        assert!(new.still_says(&old), "{name}: a field that an older reader needs is gone or means something else");
    }
    let enrolled = EnrolResponse::seal(&enrolled(), &key(9)).expect("sealed").encode().expect("encoded");
    assert_eq!(Item::of(&enrolled), Item::of(&sheet.bytes("enrol response")), "what is signed");
    assert_eq!(SignedDirective::sign(&directive(), &key(9)).expect("signed").to_string(), sheet.text("directive"));
    assert_eq!(invitation().to_string(), sheet.text("invitation"));
    let header = authorization(&sheet.bytes("request")).to_string();
    assert_eq!(header, sheet.text("authorization of the request"));
}

/// A golden record as its file has it.
struct Kept {
    id: RecordId,
    kind: Kind,
    changes: Vec<Vec<u8>>,
    said: BTreeMap<String, String>,
}

impl Kept {
    fn of(text: &str) -> Self {
        let lines = text.lines().map(|line| line.split_once(' ').unwrap_or((line, "")));
        let changes = lines.clone().filter(|(name, _)| *name == "change").map(|(_, hex)| unhex(hex)).collect();
        let said: BTreeMap<String, String> = lines.map(|(name, rest)| (name.to_owned(), rest.to_owned())).collect();
        let id = RecordId::from_bytes(&unhex(&said["id"])).expect("an id");
        Self { id, kind: said["kind"].parse().expect("a kind"), changes, said }
    }
}

#[test]
fn a_record_of_every_kind_of_schema_1_is_read_as_it_was_written() {
    let sheet = Sheet::read(RECORDS);
    let mut kinds: Vec<Kind> = Vec::new();
    for name in sheet.names() {
        let kept = Kept::of(sheet.text(name));
        // Through the gate, as it comes from elsewhere; and as this side stored it.
        let mut guarded = Guarded::empty(kept.id, kept.kind.clone());
        for change in &kept.changes {
            guarded.admit(change, &Rules::phone()).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        }
        let stored = Document::load(kept.changes.iter().map(Vec::as_slice)).expect("stored");
        for document in [guarded.document().expect("a document"), &stored] {
            let row = project(kept.id, document).expect("a row");
            let said = |what: &str| kept.said.get(what).cloned().unwrap_or_default();
            assert_eq!(row.fields, fields_from_json(&kept.said["fields"]).expect("fields"), "{name}");
            assert_eq!(row.author.expect("an author").to_string(), said("author"), "{name}");
            assert_eq!(conflicts_to_json(&row.conflicts), said("conflicts"), "{name}");
            assert_eq!(row.flags.join(" "), said("flags"), "{name}: is a value of then out of range by now?");
            let heads: Vec<String> = row.heads.iter().map(ToString::to_string).collect();
            assert_eq!(heads.join(" "), said("heads"), "{name}");
        }
        if let Some(spec) = kept.kind.spec() {
            for (field, _) in stored.fields().iter().filter(|(field, _)| spec.field(field.as_str()).is_none()) {
                assert!(field.as_str().starts_with("newer/"), "{name}: {field} is known no more");
            }
        }
        kinds.push(kept.kind);
    }
    for kind in KINDS {
        assert!(kinds.iter().any(|known| known.is(kind)), "{} has no golden record: write one", kind.name);
    }
}

/// A value for a field, as large as the field takes it where that is a number.
fn sample(spec: &FieldSpec) -> Value {
    match spec.ty {
        FieldType::Text(_) => format!("{}：三楼, “quoted”", spec.label.zh).as_str().into(),
        FieldType::Choice(options) => options[0].name.into(),
        FieldType::Int(_, max) => max.into(),
        FieldType::Money => 3_099_912.into(),
        FieldType::Bool => true.into(),
        FieldType::Date(..) => "2026-03-02".into(),
        FieldType::Time(..) => Value::Time(SECOND),
        FieldType::Record => record(1).into(),
        FieldType::Unit => "B1-S1".into(),
        FieldType::Person => "B1-S1-P1".into(),
        FieldType::Zone => "Asia/Shanghai".into(),
        FieldType::Week => "2026-W10".into(),
        FieldType::Latitude => 399_042_000.into(),
        FieldType::Longitude => 1_164_074_000.into(),
        FieldType::Digest => Value::Bytes(vec![3; 32]),
        FieldType::Hashes(_) => Value::Bytes([[1; 32], [2; 32]].concat()),
    }
}

/// A name for a field whose name is a pattern.
fn named(pattern: &str) -> String {
    let first = match pattern.split('/').next() {
        Some("hours") => "sun".to_owned(),
        Some("competitor") => "icbc".to_owned(),
        Some("association" | "person") => record(8).to_string(),
        Some("class") => "deposit".to_owned(),
        Some("step") => "follow_up".to_owned(),
        Some("prep") => "file".to_owned(),
        Some("approach") => "smiled".to_owned(),
        Some("companion") => "B1-S1-P2".to_owned(),
        Some("rule") => "2026-W10".to_owned(),
        Some("unit") => "B1".to_owned(),
        Some("team") => "B1-S1-P1".to_owned(),
        Some("twin") => record(9).to_string(),
        _ => "wedding".to_owned(),
    };
    pattern.replacen('*', &first, 1).replace('*', "fund")
}

fn by(device: DeviceNumber, actor: u8) -> Authorship {
    Authorship { device, actor: Actor::new([actor; 16]), at: phone_time() }
}

fn described(id: RecordId, document: &Document, changes: &[Change]) -> String {
    let row = project(id, document).expect("a row");
    let heads: Vec<String> = row.heads.iter().map(ToString::to_string).collect();
    let mut lines = vec![format!("id {}", hex(id.as_bytes())), format!("kind {}", row.kind)];
    lines.extend(row.author.map(|author| format!("author {author}")));
    lines.extend(changes.iter().map(|change| format!("change {}", hex(&change.bytes))));
    lines.push(format!("heads {}", heads.join(" ")));
    lines.push(format!("fields {}", fields_to_json(&row.fields)));
    let (conflicts, flags) = (conflicts_to_json(&row.conflicts), row.flags.join(" "));
    lines.extend(Some(conflicts).filter(|conflicts| !conflicts.is_empty()).map(|text| format!("conflicts {text}")));
    lines.extend(Some(flags).filter(|flags| !flags.is_empty()).map(|text| format!("flags {text}")));
    lines.join("\n")
}

/// How the golden bytes were made: `cargo test -p canvass-tests --test golden -- --ignored` writes what is missing in
/// `tests/golden`, such as a record of a new kind, and leaves alone what is there.
#[test]
#[ignore = "writes golden bytes that are missing"]
fn write_what_is_missing() {
    let mut sheet = Sheet::read(MESSAGES);
    let request_body = request().encode().expect("encoded");
    sheet.add_bytes("request", &request_body);
    sheet.add_bytes("response", &response().encode().expect("encoded"));
    let without = |body: Vec<u8>, last: u64| {
        // Today's encoder says that there are none; one that knows no such field says nothing.
        let Item::Map(fields) = Item::of(&body) else { panic!("a message is a map") };
        let fields: BTreeMap<u64, Item> = fields.into_iter().filter(|(n, _)| *n <= last).collect();
        Item::Map(fields).framed()
    };
    sheet.add_bytes("request without optional fields", &without(bare_request().encode().expect("encoded"), 9));
    sheet.add_bytes("response without optional fields", &without(bare_response().encode().expect("encoded"), 7));
    sheet.add_bytes("enrol request", &enrol_request().encode().expect("encoded"));
    let answer = EnrolResponse::seal(&enrolled(), &key(9)).expect("sealed");
    sheet.add_bytes("enrol response", &answer.encode().expect("encoded"));
    for (name, request) in later_requests() {
        sheet.add_bytes(name, &request.encode().expect("encoded"));
    }
    for (name, response) in later_responses() {
        sheet.add_bytes(name, &response.encode().expect("encoded"));
    }
    sheet.add_bytes("enrol request of a phone that comes back", &coming_back_request().encode().expect("encoded"));
    sheet.add_bytes("attachments state request", &state_request().encode().expect("encoded"));
    sheet.add_bytes("attachments state response", &state_response().encode().expect("encoded"));
    sheet.add_bytes("attachments put request", &put_request().encode().expect("encoded"));
    sheet.add_bytes("attachments put response", &put_response().encode().expect("encoded"));
    sheet.add_bytes("attachments get request", &get_request().encode().expect("encoded"));
    sheet.add_bytes("attachments get response", &get_response().encode().expect("encoded"));
    sheet.add("directive", &SignedDirective::sign(&directive(), &key(9)).expect("signed").to_string());
    sheet.add("invitation", &invitation().to_string());
    let body = sheet.bytes("request");
    sheet.add("authorization of the request", &authorization(&body).to_string());
    sheet.add_bytes("stored reference", &reference().to_bytes().expect("encoded"));
    sheet.add_bytes("stored standings", &standings().to_bytes().expect("encoded"));
    sheet.add_bytes("stored commit", &Commit { sequence: 12, mark: 6 }.to_bytes());
    sheet.add_bytes("stored receipt", &receipt().to_bytes().expect("encoded"));
    sheet.add_bytes("what a receipt's mac covers", &Receipt::said(&receipt().entries));

    let mut sheet = Sheet::read(RECORDS);
    let all = (20..).zip(KINDS.iter().map(|spec| (spec.name.to_owned(), *spec)));
    // Kinds that had fields of their first days alone when their record was written.
    let grown = KINDS.iter().filter(|spec| ["prospect", "visit", "campaign"].contains(&spec.name));
    let grown = (50..).zip(grown.map(|spec| (format!("{} in full", spec.name), *spec)));
    for (n, (name, spec)) in all.chain(grown) {
        let mut fields = Fields::new();
        for field in spec.fields {
            fields.put(named(field.name).parse().expect("a name"), sample(field));
        }
        let server = spec.written_by == WrittenBy::Server;
        let author = if server { DeviceNumber::SERVER } else { DeviceNumber::new(11) };
        let id = record(n);
        let prospect = (spec.name != "prospect" && spec.name != "campaign").then(|| record(20));
        let (mut document, first) =
            Document::create(id, &Kind::from(spec), prospect, &fields, &by(author, 1)).expect("created");
        // Somebody else withdraws it, and clears what can be cleared.
        let cleared = spec.fields.iter().find(|field| field.required == Required::Never).expect("a field");
        let puts = Fields::new()
            .with("state".parse().expect("a name"), "withdrawn".into())
            .with("withdrawn_reason".parse().expect("a name"), "重复".into())
            .with(named(cleared.name).parse().expect("a name"), Value::Null);
        let second = if server { author } else { DeviceNumber::new(12) };
        let edit = document.edit(&puts, &by(second, 2)).expect("edited").expect("a change");
        sheet.add(&name, &described(id, &document, &[first, edit]));
    }
    // Two who put the same field at the same time; one of them by a newer app, with fields that this one does not know.
    let (id, kind) = (record(60), "prospect".parse().expect("a kind"));
    let name = Fields::new().with("name".parse().expect("a name"), "银枫家园".into());
    let (mut mine, first) = Document::create(id, &kind, None, &name, &by(DeviceNumber::new(11), 3)).expect("created");
    let mut theirs = mine.clone();
    let put = |value: i64| Fields::new().with("households".parse().expect("a name"), value.into());
    let newer = [
        ("text", "新".into()),
        ("int", Value::Int(i64::MIN)),
        ("bool", false.into()),
        ("time", Value::Time(-1)),
        ("bytes", Value::Bytes(vec![0, 255])),
    ];
    let newer = newer.into_iter().map(|(name, value)| (format!("newer/{name}").parse().expect("a name"), value));
    let mut puts = put(1_100);
    puts.extend(newer);
    let own = mine.edit(&put(900), &by(DeviceNumber::new(11), 4)).expect("edited").expect("a change");
    let other = theirs.edit(&puts, &by(DeviceNumber::new(12), 5)).expect("edited").expect("a change");
    let changes = [first, own, other];
    let both = Document::load(changes.iter().map(|change| change.bytes.as_slice())).expect("merged");
    sheet.add("a prospect in conflict, with fields of a newer app", &described(id, &both, &changes));
    // Kinds that only a newer app knew when this was written; complaints are known by now.
    let fields = Fields::new().with("newer/words".parse().expect("a name"), "太慢".into());
    let (id, kind) = (record(61), "complaint".parse().expect("a kind"));
    let made = Document::create(id, &kind, Some(record(20)), &fields, &by(DeviceNumber::new(11), 6));
    let (document, change) = made.expect("created");
    sheet.add("a kind of a newer app", &described(id, &document, &[change]));
    let fields = Fields::new().with("newer/words".parse().expect("a name"), "很满意".into());
    let (id, kind) = (record(62), "survey".parse().expect("a kind"));
    let made = Document::create(id, &kind, Some(record(20)), &fields, &by(DeviceNumber::new(11), 7));
    let (document, change) = made.expect("created");
    sheet.add("a kind that only a newer app knows", &described(id, &document, &[change]));
}
