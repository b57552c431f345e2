//! Times and weeks. The phone's clock and the server's are different types, so nobody compares them by mistake.

use super::{Expected, Invalid};
use jiff::civil::ISOWeekDate;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use std::fmt;
use std::str::FromStr;

/// A day in the calendar, without a time zone.
pub type Date = jiff::civil::Date;

/// Reads a date such as `2026-03-02`.
///
/// # Errors
/// When the text is anything else.
pub fn date_from_text(text: &str) -> Result<Date, Invalid> {
    let wrong = || Invalid::new("date", text, Expected::date());
    if text.len() != 10 {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

/// Milliseconds from 1970 to the year 2200: wide enough for every true time, narrow enough for safe arithmetic.
const LATEST_MS: i64 = 7_258_118_400_000;

macro_rules! clock {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// A time from milliseconds since 1970.
            ///
            /// # Errors
            /// When it lies before 1970 or after 2200.
            pub fn from_millis(millis: i64) -> Result<Self, Invalid> {
                if (0..LATEST_MS).contains(&millis) {
                    Ok(Self(millis))
                } else {
                    Err(Invalid::new($what, millis, Expected::moment()))
                }
            }

            /// The nearest time there is: for a machine whose clock stands before 1970 or after 2200.
            pub fn nearest(millis: i64) -> Self {
                Self(millis.clamp(0, LATEST_MS - 1))
            }

            /// Milliseconds since 1970.
            pub const fn millis(self) -> i64 {
                self.0
            }

            /// The same clock `millis` later (or earlier), kept within range.
            #[must_use]
            pub fn plus_millis(self, millis: i64) -> Self {
                Self::nearest(self.0.saturating_add(millis))
            }

            /// The day on which this falls in a zone.
            pub fn date(self, zone: &Zone) -> Date {
                zone.date(self.0)
            }

            /// The ISO week in which this falls in a zone.
            pub fn week(self, zone: &Zone) -> Week {
                Week::of(self.date(zone))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match Timestamp::from_millisecond(self.0) {
                    Ok(instant) => instant.fmt(f),
                    Err(_) => write!(f, "{} ms", self.0),
                }
            }
        }
    };
}

clock!(
    /// A time by a phone's clock, or as its person says it: `occurred_at`, `recorded_at`. It may be wrong.
    PhoneTime,
    "phone time"
);
clock!(
    /// A time by the server's clock: `received_at`.
    ServerTime,
    "server time"
);

impl PhoneTime {
    /// Date and time of day in China, for people.
    pub(super) fn in_beijing(self) -> String {
        let zoned = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(Zone::china().0);
        zoned.strftime("%Y-%m-%d %H:%M").to_string()
    }
}

impl ServerTime {
    /// How far a phone's clock lies behind this one, in milliseconds (negative: ahead).
    pub fn skew_ms(self, phone: PhoneTime) -> i64 {
        self.0 - phone.millis()
    }

    /// This time as the server itself writes it into a document.
    pub fn as_recorded(self) -> PhoneTime {
        PhoneTime(self.0)
    }
}

/// A time zone by its IANA name. Weeks and days are always meant in one.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone, String);

impl Zone {
    /// The zone's IANA name.
    pub fn name(&self) -> &str {
        &self.1
    }

    /// China's zone, the default of a campaign.
    pub fn china() -> Self {
        Self(TimeZone::fixed(jiff::tz::offset(8)), "Asia/Shanghai".to_owned())
    }

    fn date(&self, millis: i64) -> Date {
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(self.0.clone()).date()
    }

    /// The first moment of a day in this zone, in milliseconds since 1970.
    pub fn start_of(&self, date: Date) -> i64 {
        self.0.to_zoned(date.at(0, 0, 0, 0)).map_or(0, |zoned| zoned.timestamp().as_millisecond())
    }
}

impl FromStr for Zone {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "Asia/Shanghai" {
            return Ok(Self::china());
        }
        let zone = TimeZone::get(text).map_err(|_| Invalid::new("time zone", text, Expected::zone()))?;
        Ok(Self(zone, text.to_owned()))
    }
}

/// An ISO week, Monday to Sunday: the period in which results are published (`[case]`: every week, bank-wide).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week {
    year: i16,
    week: i8,
}

impl Week {
    /// The week of a day.
    pub fn of(date: Date) -> Self {
        let iso = date.iso_week_date();
        Self { year: iso.year(), week: iso.week() }
    }

    /// The week's Monday.
    pub fn monday(self) -> Date {
        ISOWeekDate::new(self.year, self.week, jiff::civil::Weekday::Monday).map_or(Date::ZERO, |iso| iso.date())
    }

    /// The week's Sunday.
    pub fn sunday(self) -> Date {
        self.monday().saturating_add(6.days())
    }

    /// The week after.
    #[must_use]
    pub fn next(self) -> Self {
        Self::of(self.monday().saturating_add(7.days()))
    }

    /// The week before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self::of(self.monday().saturating_sub(7.days()))
    }

    /// A number that grows by one each week, for rows and ranges.
    pub fn number(self) -> i64 {
        self.monday().duration_since(Date::constant(1970, 1, 5)).as_hours() / (24 * 7)
    }

    /// The week of a [`Week::number`].
    ///
    /// # Errors
    /// When the number lies outside the years 1970 to 2200.
    pub fn from_number(number: i64) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("week number", number, "0 to 12000");
        if !(0..=12_000).contains(&number) {
            return Err(wrong());
        }
        let monday = Date::constant(1970, 1, 5).checked_add((number * 7).days()).map_err(|_| wrong())?;
        Ok(Self::of(monday))
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

impl FromStr for Week {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("week", text, Expected::week());
        let (year, week) = text.split_once("-W").filter(|(y, w)| y.len() == 4 && w.len() == 2).ok_or_else(wrong)?;
        let (year, week) = (year.parse().map_err(|_| wrong())?, week.parse().map_err(|_| wrong())?);
        let iso = ISOWeekDate::new(year, week, jiff::civil::Weekday::Monday).map_err(|_| wrong())?;
        if !(1970..2200).contains(&year) {
            return Err(wrong());
        }
        Ok(Self::of(iso.date()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sunday_late_in_shanghai_is_still_this_week_and_monday_is_the_next() {
        // 2026-03-08 is a Sunday; 16:00 UTC is midnight in Shanghai.
        let midnight = PhoneTime::from_millis(1_772_985_600_000).expect("in range");
        let zone = Zone::china();
        assert_eq!(midnight.plus_millis(-1).week(&zone).to_string(), "2026-W10");
        assert_eq!(midnight.week(&zone).to_string(), "2026-W11");
        assert_eq!(midnight.plus_millis(-1).date(&zone).to_string(), "2026-03-08");
    }

    #[test]
    fn weeks_walk_over_the_turn_of_the_year() {
        let last: Week = "2026-W53".parse().expect("2026 has 53 weeks");
        assert_eq!(last.next().to_string(), "2027-W01");
        assert_eq!(last.next().previous(), last);
        assert_eq!(last.next().number(), last.number() + 1);
        assert_eq!(Week::from_number(last.number()), Ok(last));
        assert_eq!(last.sunday().to_string(), "2027-01-03");
        for bad in ["2025-W53", "2026-12", "2026-W1", "W12", "9999-W01"] {
            assert!(bad.parse::<Week>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_iana_zone_is_found_without_the_systems_files() {
        assert_eq!("America/New_York".parse::<Zone>().map(|z| z.name().to_owned()), Ok("America/New_York".to_owned()));
        assert!("Mars/Olympus".parse::<Zone>().is_err());
    }
}
