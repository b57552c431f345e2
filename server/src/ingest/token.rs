//! Tokens: what a phone was told, in the server's own words and under its mark. The phone returns the last one with its next
//! request, so the server need not remember what it told whom, and no phone can claim that it was told more.

use super::{Grants, Told};
use crate::secrets::{Purpose, Secrets};
use canvass_core::domain::{DeviceNumber, PersonId, ServerTime};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 4096;
/// How much of the mark travels, in bytes: 128 bits cannot be guessed, and an idle sync stays small.
const MARK: usize = 16;

/// What the mark is over: the words, and the phone and person to whom they are said.
fn words(device: DeviceNumber, person: &PersonId, said: &str) -> Vec<u8> {
    format!("{device}\n{person}\n{said}").into_bytes()
}

/// The token that tells what a device is told.
pub fn token(secrets: &Secrets, device: DeviceNumber, told: &Told) -> Vec<u8> {
    let units: Vec<&str> = told.grants.units.iter().map(|unit| unit.as_str()).collect();
    let (at, sequence, roles) = (told.at.millis(), told.sequence, told.grants.roles);
    let said = format!("{at}\n{sequence}\n{roles}\n{}", units.join(","));
    let mark = secrets.mark(Purpose::Tokens, &words(device, &told.grants.person, &said));
    [&mark[..MARK], said.as_bytes()].concat()
}

/// What a person's device was told by a token; none if the token is not this server's, or another's.
pub fn told(secrets: &Secrets, device: DeviceNumber, person: &PersonId, token: &[u8]) -> Option<Told> {
    let (mark, said) = token.split_first_chunk::<MARK>().filter(|_| token.len() <= LONGEST)?;
    let said = std::str::from_utf8(said).ok()?;
    if !secrets.is_marked_in_short(Purpose::Tokens, &words(device, person, said), mark) {
        return None;
    }
    let mut lines = said.split('\n');
    let mut line = || lines.next();
    let at = ServerTime::from_millis(line()?.parse().ok()?).ok()?;
    let (sequence, roles) = (line()?.parse().ok()?, line()?.parse().ok()?);
    let units = line()?.split(',').filter(|unit| !unit.is_empty()).map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(Told { at, sequence, grants: Grants { person: person.clone(), roles, units } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use canvass_core::domain::Role;

    #[test]
    fn a_token_says_what_was_told_to_its_device_alone_and_cannot_be_made_up() {
        let secrets = Secrets::from_master([3; 32]).expect("secrets");
        let device = DeviceNumber::new(7);
        let grants = Grants {
            person: "P7".parse().expect("a person"),
            roles: Role::BranchLeader.into(),
            units: vec!["B1".parse().expect("a unit"), "B1-S1".parse().expect("a unit")],
        };
        let at = ServerTime::from_millis(1_772_424_000_000).expect("a time");
        let was_told = Told { at, sequence: 42, grants };
        let made = token(&secrets, device, &was_told);
        let told = |secrets: &Secrets, device, token: &[u8]| told(secrets, device, &was_told.grants.person, token);
        assert_eq!(told(&secrets, device, &made), Some(was_told.clone()));
        assert_eq!(told(&secrets, DeviceNumber::new(8), &made), None);
        let other = "P8".parse().expect("a person");
        assert_eq!(super::told(&secrets, device, &other, &made), None);
        let others = Secrets::from_master([4; 32]).expect("secrets");
        assert_eq!(told(&others, device, &made), None);
        for at in 0..made.len() {
            let mut damaged = made.clone();
            damaged[at] ^= 1;
            assert_eq!(told(&secrets, device, &damaged), None, "{at}");
        }
        assert_eq!(told(&secrets, device, &[]), None);
        let nowhere = Told { grants: Grants { units: Vec::new(), ..was_told.grants.clone() }, ..was_told.clone() };
        assert_eq!(told(&secrets, device, &token(&secrets, device, &nowhere)), Some(nowhere));
    }
}
