//! A small bank: head office `H`, branches `B1` to `B3`, each with sub-branches `B1-S1` and `B1-S2`.

use canvass_core::domain::{
    Bank, Date, DeviceNumber, Membership, Person, PersonId, Role, ServerTime, Unit, UnitId, UnitLevel, Week,
};
use canvass_core::replica::{Identity, PhoneKey};
use canvass_core::signing::{PublicKey, Signer, SoftwareKey};
use canvass_core::wire::Enrolled;
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::store::{LEASE_MS, SqliteStore};

/// The names of the first account managers of a sub-branch, by their numbers from 1.
pub const NAMES: [&str; 4] = ["王芳", "李强", "张敏", "刘洋"];

/// A unit's code.
pub fn unit(code: &str) -> UnitId {
    code.parse().expect("a unit")
}

/// A person's code.
pub fn person(code: &str) -> PersonId {
    code.parse().expect("a person")
}

/// A week such as `2026-W10`.
pub fn week(text: &str) -> Week {
    text.parse().expect("a week")
}

/// A day such as `2026-03-02`.
pub fn date(text: &str) -> Date {
    canvass_core::domain::date_from_text(text).expect("a date")
}

/// The key by which the phone of a number signs, in every world.
pub fn key_of(device: DeviceNumber) -> SoftwareKey {
    let mut secret = [7; 32];
    secret[..4].copy_from_slice(&device.get().to_be_bytes());
    SoftwareKey::from_secret(&secret).expect("a key")
}

/// Notes in a store that phones were enrolled before the story begins, each by [`key_of`] its number.
pub async fn enrolled(store: &SqliteStore, phones: &[PhoneOwner]) {
    for phone in phones {
        let key: String = key_of(phone.device).public_key().as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let known =
            format!("INSERT INTO device_key (number, public_key, enrolled_at) VALUES ({}, x'{key}', 0)", phone.device);
        store.tamper(known).await.expect("enrolled");
    }
}

/// What such a phone was told when it enrolled, by a server of that key.
pub fn identity(owner: &PhoneOwner, server_key: PublicKey, clock: ServerTime) -> Identity {
    let enrolled = Enrolled {
        device: owner.device,
        person: owner.person.clone(),
        name: owner.person.to_string(),
        roles: owner.role.into(),
        units: vec![owner.unit.clone()],
        clock,
        server_key,
        token: Vec::new().into(),
        lease_ms: LEASE_MS.unsigned_abs(),
        dossier_key: None,
    };
    Identity { enrolled, key: PhoneKey::Software(key_of(owner.device)), salt: [3; 32] }
}

/// The bank, and whose phone is whose: `H-P` at head office has device 1, leaders `B1-L` to `B3-L` have 2 to 4, account
/// managers `B1-S1-P1` and on have those from 11.
pub fn small_bank(managers: u32) -> (Bank, Vec<PhoneOwner>) {
    let mut units = Vec::new();
    let mut owners: Vec<(String, String, Role, String)> = Vec::new();
    let mut add = |id: &str, parent: Option<&str>, level, name: &str| {
        units.push(Unit { id: unit(id), parent: parent.map(unit), level, name: name.to_owned() });
    };
    add("H", None, UnitLevel::HeadOffice, "总行");
    owners.push(("H-P".to_owned(), "H".to_owned(), Role::HeadOffice, "陈静".to_owned()));
    for branch in 1..=3 {
        let code = format!("B{branch}");
        add(&code, Some("H"), UnitLevel::Branch, ["东湖支行", "城南支行", "西关支行"][branch - 1]);
        owners.push((format!("{code}-L"), code.clone(), Role::BranchLeader, format!("{branch}号行长")));
        for sub in 1..=2 {
            add(&format!("{code}-S{sub}"), Some(&code), UnitLevel::SubBranch, &format!("{branch}-{sub}网点"));
        }
    }
    for home in units.iter().filter(|unit| unit.level == UnitLevel::SubBranch) {
        for n in 1..=managers {
            let known = usize::try_from(n - 1).ok().and_then(|n| NAMES.get(n));
            let name = known.map_or_else(|| format!("{n}号经理"), |name| (*name).to_owned());
            owners.push((format!("{}-P{n}", home.id), home.id.to_string(), Role::AccountManager, name));
        }
    }
    let phones = owners.iter().enumerate().map(|(place, (code, home, role, _))| {
        let place = u32::try_from(place).expect("few");
        let device = if place < 4 { place + 1 } else { place + 7 };
        PhoneOwner { device: DeviceNumber::new(device), person: person(code), unit: unit(home), role: *role }
    });
    let phones: Vec<_> = phones.collect();
    let people = owners.iter().map(|(code, _, role, name)| Person {
        id: person(code),
        name: name.clone(),
        roles: (*role).into(),
    });
    let from = date("2025-01-01");
    let member = |(code, home, _, _): &(String, String, Role, String)| Membership {
        person: person(code),
        unit: unit(home),
        from,
        until: None,
    };
    let members = owners.iter().map(member).collect();
    let device =
        |phone: &PhoneOwner| canvass_core::domain::Device { number: phone.device, person: phone.person.clone() };
    let devices = phones.iter().map(device).collect();
    (Bank::new(units, people.collect(), members, devices).expect("a bank"), phones)
}
