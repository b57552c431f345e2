//! Tokens: what a phone was told, in the server's own words and under its mark. The phone returns the last one with its next
//! request, so the server need not remember what it told whom, and no phone can claim that it was told more.

use super::{Grants, Told};
use crate::secrets::{Purpose, Secrets};
use canvass_core::domain::{DeviceNumber, ServerTime};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 4096;

/// The token that tells what a device is told.
pub fn token(secrets: &Secrets, device: DeviceNumber, told: &Told) -> Vec<u8> {
    let units: Vec<&str> = told.grants.units.iter().map(|unit| unit.as_str()).collect();
    let (person, roles) = (&told.grants.person, told.grants.roles);
    let (at, sequence, units) = (told.at.millis(), told.sequence, units.join(","));
    let said = format!("{device}\n{at}\n{sequence}\n{person}\n{roles}\n{units}");
    [secrets.mark(Purpose::Tokens, said.as_bytes()).as_slice(), said.as_bytes()].concat()
}

/// What a device was told by a token; none if the token is not this server's, or another device's.
pub fn told(secrets: &Secrets, device: DeviceNumber, token: &[u8]) -> Option<Told> {
    let (mark, said) = token.split_first_chunk::<32>().filter(|_| token.len() <= LONGEST)?;
    if !secrets.is_marked(Purpose::Tokens, said, mark) {
        return None;
    }
    let mut lines = std::str::from_utf8(said).ok()?.split('\n');
    let mut line = || lines.next();
    if line()?.parse::<u32>().ok()? != device.get() {
        return None;
    }
    let at = ServerTime::from_millis(line()?.parse().ok()?).ok()?;
    let sequence = line()?.parse().ok()?;
    let (person, roles) = (line()?.parse().ok()?, line()?.parse().ok()?);
    let units = line()?.split(',').filter(|unit| !unit.is_empty()).map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(Told { at, sequence, grants: Grants { person, roles, units } })
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
        assert_eq!(told(&secrets, device, &made), Some(was_told.clone()));
        assert_eq!(told(&secrets, DeviceNumber::new(8), &made), None);
        let others = Secrets::from_master([4; 32]).expect("secrets");
        assert_eq!(told(&others, device, &made), None);
        for at in 0..made.len() {
            let mut damaged = made.clone();
            damaged[at] ^= 1;
            assert_eq!(told(&secrets, device, &damaged), None, "{at}");
        }
        assert_eq!(told(&secrets, device, &[]), None);
        let nowhere = Told { grants: Grants { units: Vec::new(), ..was_told.grants.clone() }, ..was_told };
        assert_eq!(told(&secrets, device, &token(&secrets, device, &nowhere)), Some(nowhere));
    }
}
