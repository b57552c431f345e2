//! When failures lock a name: a growing pause, for people who exist and names that nobody has alike. Failures at the log-in
//! lock it for whoever comes from there, so that nobody locks out others by their staff code. Fifty close to one another, from a
//! dozen places at least, lock it everywhere, but for places from which its owner came in before.

use std::net::{IpAddr, Ipv6Addr};

/// What one household, office or attacker has of addresses: one of IPv4, 64 bits of IPv6.
pub fn block(address: IpAddr) -> IpAddr {
    network(address, 64)
}

/// From where somebody comes, as failures are counted: one address of IPv4; of IPv6 what one site gets, 48 bits, since who has
/// that comes from 65,536 blocks.
pub fn site(address: IpAddr) -> IpAddr {
    network(address, 48)
}

fn network(address: IpAddr, bits: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits))).into(),
        address => address,
    }
}

/// For how long a place is remembered from which somebody came in, in milliseconds.
pub const KNOWN_PLACE_MS: i64 = 90 * 24 * HOUR_MS;

/// What failures of a name are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those at the log-in from one [`site`].
    Site,
    /// Those at the log-in from everywhere.
    Everywhere,
    /// Those of somebody who is past the password, or in a session: of codes, and of the present password.
    Session,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

impl Scope {
    /// What a failure at the log-in counts for.
    pub const AT_THE_DOOR: &[Self] = &[Self::Site, Self::Everywhere];
    /// What a failure of somebody past the password counts for.
    pub const INSIDE: &[Self] = &[Self::Session];

    /// How many failures in a row lock nothing yet.
    pub fn free(self) -> u32 {
        match self {
            Self::Site | Self::Session => 4,
            Self::Everywhere => 49,
        }
    }

    /// For how long failures are remembered that nobody added to, in milliseconds.
    pub fn remembered_ms(self) -> i64 {
        match self {
            Self::Site | Self::Session => 24 * HOUR_MS,
            // Shorter than the longest pause: a single address that goes on at each end of its pauses begins anew.
            Self::Everywhere => HOUR_MS / 2,
        }
    }

    /// For how long a name is locked after so many failures in a row, in milliseconds: a minute after the first that is not
    /// free, then twice as long each time, up to an hour.
    pub fn lock_after(self, failures: u32) -> Option<i64> {
        let doublings = failures.checked_sub(self.free() + 1)?;
        Some(MINUTE_MS.checked_shl(doublings.min(10)).unwrap_or(HOUR_MS).min(HOUR_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_attacker_is_one_block_and_one_site() {
        let of = |text: &str| {
            let address = text.parse().expect("an address");
            (block(address).to_string(), site(address).to_string())
        };
        assert_eq!(of("2001:db8:1:2:aaaa::1"), ("2001:db8:1:2::".to_owned(), "2001:db8:1::".to_owned()));
        assert_eq!(of("::ffff:203.0.113.9"), ("203.0.113.9".to_owned(), "203.0.113.9".to_owned()));
    }

    #[test]
    fn the_fifth_failure_locks_for_a_minute_and_each_further_one_for_twice_as_long_up_to_an_hour() {
        let minutes = |failures| Scope::Site.lock_after(failures).map(|ms| ms / MINUTE_MS);
        assert_eq!((0..=4).filter_map(minutes).count(), 0);
        let grown: Vec<_> = (5..=12).filter_map(minutes).collect();
        assert_eq!(grown, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(minutes(u32::MAX), Some(60));
    }

    #[test]
    fn one_place_alone_never_locks_a_name_everywhere() {
        let (mut now, mut own, mut all, mut last) = (0, 0, 0, 0);
        for _ in 0..10_000 {
            if now - last >= Scope::Everywhere.remembered_ms() {
                all = 0;
            }
            (own, all, last) = (own + 1, all + 1, now);
            assert_eq!(Scope::Everywhere.lock_after(all), None);
            now += Scope::Site.lock_after(own).unwrap_or(0);
            // From time to time it rests until its own are forgotten, and goes on with what is free.
            if own % 37 == 0 {
                (own, now) = (0, now + Scope::Site.remembered_ms());
            }
        }
    }
}
