//! Writes honest inputs into the working corpus of each target, so that a fuzzer begins behind the first checks.

#![expect(clippy::expect_used, reason = "honest inputs can be made")]

use canvass_core::document::change_hash;
use canvass_core::domain::{
    Audience, Bank, Date, Device, DeviceNumber, Membership, Person, PersonId, PhoneTime, RecordId, Role, ServerTime,
    Unit, UnitLevel,
};
use canvass_core::signing::{Authorization, SoftwareKey};
use canvass_core::wire::{
    CampaignStandings, Delivery, Demand, Directive, EnrolRequest, Invitation, InvitationCode, MAX_PLAIN, MetricTotal,
    Position, Push, Receipt, ReceiptEntry, ReceiptPart, Reference, Request, Response, SignedDirective, Standings,
    UnitStanding, Verdict,
};
use canvass_fuzz::files::workbook;
use canvass_fuzz::record::{self, Step, inner, life};
use std::path::Path;
use zip::CompressionMethod;

const SHEET: &str = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>price</t></is></c></row><row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3" s="1"><v>1.5e3</v></c></row><row r="4"><c r="A4" t="b"><v>1</v></c><c r="B4" t="e"><v>#N/A</v></c><c r="C4"><f>1+1</f><v>2</v></c><c r="D4" t="d"><v>2026-03-02</v></c></row></sheetData></worksheet>"#;
const STRINGS: &str = r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>名称</t></si><si><r><t>永业</t></r><r><t>公寓</t></r></si></sst>"#;

fn request(visit: &[u8]) -> Request {
    let person = "P1".parse().expect("an id");
    let clock = PhoneTime::from_millis(1_772_000_000_000).expect("in range");
    let mut request = Request::new(DeviceNumber::new(7), person, clock, 99, 1_000_000);
    request.positions = vec![Position { feed: Audience::Bank, low: 0, high: 12 }];
    let kind = "prospect".parse().expect("a kind");
    request.pushes = vec![Push { record: RecordId::new(1, [1; 10]), kind, changes: vec![visit.to_vec().into()] }];
    request.receipts = vec![Receipt { mac: [8; 32], entries: vec![entry(b"one change", 1), entry(b"another", 2)] }];
    request
}

fn entry(change: &[u8], author: u32) -> ReceiptEntry {
    let received_at = ServerTime::from_millis(1_772_000_000_000).expect("in range");
    ReceiptEntry { hash: change_hash(change), author: DeviceNumber::new(author), received_at }
}

fn response() -> Response {
    let unit = |id: &str, parent: Option<&str>, level| Unit {
        id: id.parse().expect("an id"),
        parent: parent.map(|parent| parent.parse().expect("an id")),
        level,
        name: "黄浦支行".into(),
    };
    let person: PersonId = "P1".parse().expect("an id");
    let at = "B".parse().expect("an id");
    let bank = Bank::new(
        vec![unit("H", None, UnitLevel::HeadOffice), unit("B", Some("H"), UnitLevel::Branch)],
        vec![Person { id: person.clone(), name: "王芳".into(), roles: Role::AccountManager.into() }],
        vec![Membership { person: person.clone(), unit: at, from: Date::constant(2026, 1, 1), until: None }],
        vec![Device { number: DeviceNumber::new(7), person }],
    );
    let totals = vec![MetricTotal { metric: "visits".into(), confirmed: 12, pending: 0 }];
    let standing =
        UnitStanding { unit: "B".parse().expect("an id"), rank: 1, score: 24, target: 5, movement: Some(-2), totals };
    let (campaign, week) = (RecordId::new(4, [4; 10]), "2026-W10".parse().expect("a week"));
    let campaign = CampaignStandings { campaign, name: "百日会战".into(), week, units: vec![standing] };
    let refused = Verdict::Refused { code: "checksum".into(), words: "…".into() };
    Response {
        verdicts: vec![vec![Verdict::Accepted, Verdict::Known, Verdict::NeedsDeps, Verdict::PullFirst, refused]],
        deliveries: vec![Delivery {
            record: RecordId::new(2, [2; 10]),
            kind: "prospect".parse().expect("a kind"),
            changes: vec![vec![9; 40].into()],
        }],
        evictions: vec![RecordId::new(3, [3; 10])],
        positions: vec![Position { feed: "unit/B".parse().expect("a feed"), low: 5, high: 12 }],
        more: true,
        reference: Some(Reference::of(&bank.expect("a bank"), 3)),
        standings: Some(Standings::of(vec![campaign]).expect("encodes")),
        token: Some(vec![1; 40].into()),
        receipt: Some(ReceiptPart::of([8; 32], &[entry(&[9; 40], 1)])),
        ..Response::new(99, ServerTime::from_millis(1_772_000_000_500).expect("in range"))
    }
}

/// What a server may say to a phone with work of its own to send.
fn answers(life: &[Step]) -> Vec<Response> {
    let refused = || Verdict::Refused { code: "preds".into(), words: "…".into() };
    let (theirs, own) = (RecordId::new(1_772_000_000_000, [1; 10]), RecordId::new(1_772_000_000_000, [2; 10]));
    let delivery = |steps: &[Step]| Delivery {
        record: theirs,
        kind: "prospect".parse().expect("a kind"),
        changes: steps.iter().map(|step| step.change.clone().into()).collect(),
    };
    let base = || Response { verdicts: Vec::new(), deliveries: Vec::new(), receipt: None, ..response() };
    let twice = |verdict: Verdict| vec![vec![verdict.clone(); 2], vec![verdict; 2]];
    let mut answers = vec![Response { deliveries: vec![delivery(&life[5..])], ..base() }];
    for verdict in [Verdict::Known, Verdict::NeedsDeps, Verdict::PullFirst, Verdict::Held, refused()] {
        let deliveries = vec![delivery(&life[4..]), delivery(&life[7..]), delivery(&life[..2])];
        answers.push(Response { verdicts: twice(verdict.clone()), ..base() });
        answers.push(Response { verdicts: twice(verdict), deliveries, evictions: vec![theirs], ..base() });
    }
    let mixed = vec![vec![Verdict::Accepted, refused()], vec![Verdict::PullFirst]];
    answers.push(Response { verdicts: mixed, evictions: vec![theirs, own], lost: true, more: false, ..base() });
    answers
}

/// Small bodies that ask for much memory: each with whether it still has to be packed.
fn greedy() -> Vec<(&'static str, u8, Vec<u8>)> {
    let huge = (1_u64 << 40).to_be_bytes();
    // A sound frame of nothing that says it holds a tebibyte.
    let lying = [&[0x28, 0xb5, 0x2f, 0xfd, 0xc0, 0x50][..], &(1_u64 << 40).to_le_bytes(), &[1, 0, 0]].concat();
    let mut bodies = vec![("lying", 0, lying)];
    // A version 1, and an array, map, text or bytes of so many items in a field that there is, or that nobody knows.
    for (name, head) in [("array", 0x9b), ("map", 0xbb), ("text", 0x7b), ("bytes", 0x5b)] {
        for field in [3, 4, 6, 8, 10, 12, 17, 19] {
            bodies.push((name, 1, [&[0xa2, 0, 1, field, head][..], &huge].concat()));
        }
    }
    bodies.push(("deep", 1, [&[0xa2, 0, 1, 19][..], &[0x81; 3000]].concat()));
    bodies
}

fn main() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("libfuzzer/corpus");
    let write = |target: &str, name: &str, how: u8, bytes: &[u8]| {
        let folder = corpus.join(target);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("seed-{name}")), [&[how], bytes].concat()).expect("written");
    };
    // Nobody that a target knows.
    let key = SoftwareKey::from_secret(&[9; 32]).expect("a key");
    let code = InvitationCode::new([5; 10]);
    let at = PhoneTime::from_millis(1_772_000_000_000).expect("in range");
    let now = ServerTime::from_millis(1_772_000_000_000).expect("in range");
    let answer = EnrolRequest::new(41, code, &key, at).map(|answer| answer.encode()).expect("signed");
    let answer = answer.expect("encodes");
    write("entrance", "packed", 0, &answer);
    write("entrance", "plain", 1, &zstd::bulk::decompress(&answer, MAX_PLAIN).expect("unpacks"));
    let signed = Authorization::sign(&key, DeviceNumber::new(7), "/v1/sync", at, b"body").expect("signed");
    write("entrance", "header", 0, signed.to_string().as_bytes());
    let invitation = Invitation { base: "https://canvass.example".into(), number: 41, code, fingerprint: [9; 16] };
    write("entrance", "invitation", 0, invitation.to_string().as_bytes());
    let problem =
        r#"{"type":"urn:canvass:problem:stale-time","title":"t","status":401,"detail":"w","time":1772000500000}"#;
    write("response", "stale", 4, problem.as_bytes());
    write("entrance", "problem", 2, problem.as_bytes());
    let wipe = Directive { device: DeviceNumber::new(7), what: Demand::Wipe, hand_over: true, at: now };
    let directive = SignedDirective::sign(&wipe, &key).expect("signed");
    let problem = format!(r#"{{"type":"urn:canvass:problem:revoked","detail":"w","directive":"{directive}"}}"#);
    write("response", "revoked", 6, problem.as_bytes());
    write("entrance", "directive", 0, directive.to_string().as_bytes());
    let life = life();
    let bodies = [
        ("request", request(&life[0].change).encode().expect("encodes")),
        ("response", response().encode().expect("encodes")),
    ];
    for (target, body) in &bodies {
        write(target, "packed", 0, body);
        write(target, "plain", 1, &zstd::bulk::decompress(body, MAX_PLAIN).expect("unpacks"));
    }
    for (n, response) in answers(&life).iter().enumerate() {
        let packed = response.encode().expect("encodes");
        write("phone", &format!("{n}"), 1, &zstd::bulk::decompress(&packed, MAX_PLAIN).expect("unpacks"));
    }
    for (n, (name, how, body)) in greedy().into_iter().enumerate() {
        for target in ["request", "response", "entrance"] {
            write(target, &format!("greedy-{n}-{name}"), how, &body);
        }
    }
    for (at, step) in life.iter().enumerate() {
        let how = u8::try_from(at << 2).expect("few steps");
        write("change", &format!("{at}-whole"), how, &step.change);
        write("change", &format!("{at}-inner"), how | 1, inner(&step.change));
        write("change", &format!("{at}-phone"), how | 3, inner(&step.change));
    }
    for (at, change) in record::greedy().into_iter().enumerate() {
        write("change", &format!("greedy-{at}"), u8::try_from(at << 2).expect("few"), &change);
    }
    let text = "名称;区;板块\r\n\"永业\n公寓\";黄浦;五里桥\n\n甲;\"乙\"\"\";丙\n";
    write("csv", "utf8", 0, text.as_bytes());
    write("csv", "bom", 0, format!("\u{feff}{text}").as_bytes());
    write("csv", "gb18030", 1, b"\xc3\xfb\xb3\xc6,\xc7\xf8\n\xd3\xc0\xd2\xb5,\xbb\xc6\xc6\xd6\n");
    let mapping =
        "separator=\";\"\nencoding=\"utf-8\"\nunit=\"B1\"\n[columns]\nname=\"名称\"\n[units]\n\"黄浦/五里桥\"=\"S1\"\n";
    write("csv", "mapping", 2, format!("{mapping}\0{text}").as_bytes());
    let parts = [SHEET.as_bytes(), &[0], STRINGS.as_bytes()].concat();
    write("xlsx", "workbook", 0, &workbook(&parts, CompressionMethod::Stored));
    write("xlsx", "deflated", 0, &workbook(&parts, CompressionMethod::Deflated));
    // A sheet of a mebibyte of nothing, and a row and a column as far away as can be.
    let spread = SHEET.replace("A3", "XFD1048576").replace("<row r=\"3\">", "<row r=\"1048576\">");
    let bomb = [SHEET.as_bytes(), &[b' '; 1 << 20], &[0], STRINGS.as_bytes()].concat();
    write("xlsx", "bomb", 0, &workbook(&bomb, CompressionMethod::Deflated));
    write("xlsx", "sheet", 1, &parts);
    write("xlsx", "spread", 1, &[spread.as_bytes(), &[0], STRINGS.as_bytes()].concat());
    let row = "永业公寓;黄浦;五里桥;123050.50;一号;1200;9000000;工商银行;good;formed;31.2304;121.4737;—\n";
    let bare = "永业 公寓;黄浦;五里桥;;;;;;;;;;\n青溪新村;黄浦;五里桥;0;;0;0;;;;-1.5;2;\n";
    write("cells", "prospects", 63, format!("{row}{row}{bare}").as_bytes());
    write("cells", "elsewhere", 66, "甲;静安;曹家渡;;;;;;;;;;\n".as_bytes());
    write("cells", "units", 1, "B2;HQ;branch;徐汇支行\nS3;B2;网点;漕河泾\n".as_bytes());
    write(
        "cells",
        "people",
        2,
        "P1;王芳;客户经理;S1;2026-03-02;\nP1;王芳;客户经理;B1;2025-01-01;2026-03-02\n".as_bytes(),
    );
}
