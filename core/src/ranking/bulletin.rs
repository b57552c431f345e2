//! 周通报: the weekly ranking as it was sealed (`[case]`: 每周一次全行营销与排名的通报). It is a sheet of plain text, and its
//! digest is that of the sheet's bytes, so that anybody can check it with no program of ours.

use super::tally::no_figures;
use super::{Cause, Contribution, Coverage, Figure, Figures, Silent, Standing, Why};
use crate::domain::campaign::Metric;
use crate::domain::{DeviceNumber, Digest, Invalid, PersonId, RecordId, ServerTime, UnitId, Week};
use std::collections::BTreeMap;
use std::str::FromStr;

/// The first line of every sheet.
const TITLE: &str = "canvass bulletin\t1";

/// A sealed ranking of a week, or a revision of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulletin {
    /// The campaign.
    pub campaign: RecordId,
    /// What it was called.
    pub name: String,
    /// The week.
    pub week: Week,
    /// From 1; later ones take in what came late, was judged or corrected since.
    pub revision: u32,
    /// When it was sealed.
    pub sealed_at: ServerTime,
    /// Who stood where by what was confirmed, the first one first; what was pending stands beside it.
    pub standings: Vec<Standing>,
    /// What counted for units that take no part.
    pub unplaced: Figures,
    /// Who had reported.
    pub coverage: Coverage,
    /// Of a revision: why it says something else than the one before.
    pub causes: Vec<Cause>,
    /// Head office's news of the week (`[case]`: 每周下发营销动态).
    pub news: String,
    /// How many contributions it was made from, counted or not.
    pub contributions: u64,
    /// The digest of their lines ([`ledger_digest`]).
    pub ledger: Digest,
}

/// One contribution as a line of the ledger: what digests are made of.
pub fn ledger_line(one: &Contribution) -> String {
    format!(
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n",
        one.prospect,
        one.source,
        one.metric.name(),
        one.person.as_ref().map_or("", PersonId::as_str),
        one.unit.as_ref().map_or("", UnitId::as_str),
        one.week,
        one.value,
        one.status.name(),
        one.rule
    )
}

/// The digest of some contributions: SHA-256 of their lines in order.
pub fn ledger_digest(contributions: &[Contribution]) -> Digest {
    let mut lines: Vec<String> = contributions.iter().map(ledger_line).collect();
    lines.sort_unstable();
    match Digest::of_parts(lines.iter().map(Ok::<_, std::convert::Infallible>)) {
        Ok(digest) => digest,
        Err(never) => match never {},
    }
}

impl Bulletin {
    /// The digest of the sheet.
    pub fn digest(&self) -> Digest {
        Digest::of(self.sheet().as_bytes())
    }

    /// Whether another says the same of every figure: if so, nothing is to be revised.
    pub fn figures_equal(&self, other: &Self) -> bool {
        self.standings == other.standings && self.unplaced == other.unplaced
    }

    /// The sheet: a line for each thing that it says, parts parted by tabs.
    pub fn sheet(&self) -> String {
        let mut lines = vec![
            TITLE.to_owned(),
            format!("campaign\t{}\t{}", self.campaign, escaped(&self.name)),
            format!("week\t{}", self.week),
            format!("revision\t{}", self.revision),
            format!("sealed\t{}", self.sealed_at.millis()),
            format!("phones\t{}", self.coverage.phones),
        ];
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        for silent in &self.coverage.silent {
            let heard_of = or_none(silent.heard_of.map(|at| at.millis().to_string()));
            lines.push(format!("silent\t{}\t{}\t{}\t{heard_of}", silent.unit, silent.person, silent.device));
        }
        lines.extend(self.coverage.units.iter().map(|unit| format!("quiet\t{unit}")));
        for one in &self.standings {
            let movement = or_none(one.movement.map(|places| places.to_string()));
            let mut line = format!("unit\t{}\t{}\t{}\t{}\t{movement}", one.unit, one.rank, one.score, one.target);
            for metric in Metric::ALL {
                let [total, week] = [&one.total, &one.week].map(|of| of.get(&metric).copied().unwrap_or_default());
                let points = one.points.get(&metric).copied().unwrap_or(0);
                let name = metric.name();
                let (c, p, wc, wp) = (total.confirmed, total.pending, week.confirmed, week.pending);
                line.push_str(&format!("\t{name}={c},{p},{wc},{wp},{points}"));
            }
            lines.push(line);
        }
        for (metric, figure) in &self.unplaced {
            lines.push(format!("unplaced\t{}\t{}\t{}", metric.name(), figure.confirmed, figure.pending));
        }
        for cause in &self.causes {
            let unit = cause.unit.as_ref().map_or("-", UnitId::as_str);
            let Cause { metric, why, count, confirmed, pending, .. } = cause;
            let (metric, why) = (metric.name(), why.name());
            lines.push(format!("cause\t{unit}\t{metric}\t{why}\t{count}\t{confirmed}\t{pending}"));
        }
        lines.push(format!("news\t{}", escaped(&self.news)));
        lines.push(format!("contributions\t{}\t{}", self.contributions, self.ledger));
        lines.push(String::new());
        lines.join("\n")
    }

    /// Reads a sheet. What a later version adds to it is passed over.
    ///
    /// # Errors
    /// When a line cannot be read, or what every sheet has is missing.
    pub fn read(sheet: &str) -> Result<Self, Invalid> {
        if sheet.lines().next() != Some(TITLE) {
            return Err(wrong(sheet.lines().next().unwrap_or_default()));
        }
        let mut read = Reading::default();
        for line in sheet.lines().skip(1) {
            read.line(line).ok_or_else(|| wrong(line))?;
        }
        read.done().ok_or_else(|| wrong("its end"))
    }
}

fn wrong(line: &str) -> Invalid {
    Invalid::new("bulletin's sheet", line, "a sheet as a bulletin was sealed")
}

/// Text in a line: no tab and no end of line of its own.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

fn unescaped(text: &str) -> String {
    let (mut plain, mut chars) = (String::with_capacity(text.len()), text.chars());
    while let Some(char) = chars.next() {
        plain.push(match char {
            '\\' => match chars.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    plain
}

/// What was read of a sheet so far.
#[derive(Default)]
struct Reading {
    campaign: Option<(RecordId, String)>,
    week: Option<Week>,
    revision: Option<u32>,
    sealed_at: Option<ServerTime>,
    ledger: Option<(u64, Digest)>,
    standings: Vec<Standing>,
    unplaced: Figures,
    coverage: Coverage,
    causes: Vec<Cause>,
    news: String,
}

impl Reading {
    fn line(&mut self, line: &str) -> Option<()> {
        let parts: Vec<&str> = line.split('\t').collect();
        match parts.as_slice() {
            ["campaign", id, name] => self.campaign = Some((parsed(id)?, unescaped(name))),
            ["week", week] => self.week = Some(parsed(week)?),
            ["revision", number] => self.revision = Some(parsed(number)?),
            ["sealed", at] => self.sealed_at = Some(ServerTime::from_millis(parsed(at)?).ok()?),
            ["phones", number] => self.coverage.phones = parsed(number)?,
            ["silent", unit, person, device, heard_of] => self.coverage.silent.push(Silent {
                unit: parsed(unit)?,
                person: parsed(person)?,
                device: DeviceNumber::new(parsed(device)?),
                heard_of: match *heard_of {
                    "-" => None,
                    at => Some(ServerTime::from_millis(parsed(at)?).ok()?),
                },
            }),
            ["quiet", unit] => self.coverage.units.push(parsed(unit)?),
            ["unit", unit, rank, score, target, movement, metrics @ ..] => {
                let mut standing = Standing {
                    unit: parsed(unit)?,
                    rank: parsed(rank)?,
                    score: parsed(score)?,
                    target: parsed(target)?,
                    movement: if *movement == "-" { None } else { Some(parsed(movement)?) },
                    total: no_figures(),
                    week: no_figures(),
                    points: BTreeMap::new(),
                };
                for metric in metrics {
                    let (name, numbers) = metric.split_once('=')?;
                    let numbers: Vec<i64> = numbers.split(',').map(parsed).collect::<Option<_>>()?;
                    let (Some(metric), [c, p, wc, wp, points]) = (Metric::named(name), numbers.as_slice()) else {
                        continue;
                    };
                    standing.total.insert(metric, Figure { confirmed: *c, pending: *p });
                    standing.week.insert(metric, Figure { confirmed: *wc, pending: *wp });
                    standing.points.insert(metric, *points);
                }
                self.standings.push(standing);
            }
            ["unplaced", metric, confirmed, pending] => {
                let figure = Figure { confirmed: parsed(confirmed)?, pending: parsed(pending)? };
                self.unplaced.extend(Metric::named(metric).map(|metric| (metric, figure)));
            }
            ["cause", unit, metric, why, count, confirmed, pending] => self.causes.push(Cause {
                unit: if *unit == "-" { None } else { Some(parsed(unit)?) },
                metric: Metric::named(metric)?,
                why: Why::named(why).ok()?,
                count: parsed(count)?,
                confirmed: parsed(confirmed)?,
                pending: parsed(pending)?,
            }),
            ["news", news] => self.news = unescaped(news),
            ["contributions", number, digest] => self.ledger = Some((parsed(number)?, parsed(digest)?)),
            _ => {}
        }
        Some(())
    }

    fn done(self) -> Option<Bulletin> {
        let ((campaign, name), (contributions, ledger)) = (self.campaign?, self.ledger?);
        Some(Bulletin {
            campaign,
            name,
            week: self.week?,
            revision: self.revision?,
            sealed_at: self.sealed_at?,
            standings: self.standings,
            unplaced: self.unplaced,
            coverage: self.coverage,
            causes: self.causes,
            news: self.news,
            contributions,
            ledger,
        })
    }
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::{Rule, Status};

    fn bulletin() -> Bulletin {
        let unit = |id: &str| id.parse::<UnitId>().expect("a unit");
        let figure = |confirmed, pending| Figure { confirmed, pending };
        let mut total = no_figures();
        total.insert(Metric::Fund, figure(2_000_000, 500));
        let standing = |id: &str, rank, movement| Standing {
            unit: unit(id),
            rank,
            score: 20,
            target: 5,
            total: total.clone(),
            week: no_figures(),
            movement,
            points: Metric::ALL
                .into_iter()
                .map(|metric| (metric, if metric == Metric::Fund { 20 } else { 0 }))
                .collect(),
        };
        let at = ServerTime::from_millis(1_773_021_600_000).expect("a time");
        let silent = |heard_of| Silent {
            unit: unit("B1"),
            person: "P1".parse().expect("a person"),
            device: DeviceNumber::new(7),
            heard_of,
        };
        let cause = |unit| Cause { unit, metric: Metric::Fund, why: Why::Late, count: 2, confirmed: -3, pending: 4 };
        Bulletin {
            campaign: RecordId::new(1_000, [3; 10]),
            name: "百日\t会战\\".to_owned(),
            week: "2026-W10".parse().expect("a week"),
            revision: 2,
            sealed_at: at,
            standings: vec![standing("B1", 1, None), standing("B2", 1, Some(-3))],
            unplaced: no_figures(),
            coverage: Coverage { phones: 312, silent: vec![silent(None), silent(Some(at))], units: vec![unit("B2")] },
            causes: vec![cause(None), cause(Some(unit("B1")))],
            news: "第一行\n第二行\r\n".to_owned(),
            contributions: 9,
            ledger: Digest::of(b"nine"),
        }
    }

    #[test]
    fn a_sheet_says_all_that_the_bulletin_does_and_is_what_the_digest_is_of() {
        let bulletin = bulletin();
        assert_eq!(Bulletin::read(&bulletin.sheet()), Ok(bulletin.clone()));
        assert_eq!(bulletin.digest(), Digest::of(bulletin.sheet().as_bytes()));
        let other = Bulletin { contributions: 8, ..bulletin.clone() };
        assert!(other.digest() != bulletin.digest() && other.figures_equal(&bulletin));
        let later = bulletin.sheet().replace("phones\t", "weather\tfine\nphones\t");
        assert_eq!(Bulletin::read(&later), Ok(bulletin), "what a later version adds is passed over");
    }

    #[test]
    fn a_sheet_that_is_cut_off_or_says_nonsense_is_refused() {
        let sheet = bulletin().sheet();
        let cut = sheet.rsplit_once("contributions").expect("its last line").0;
        for bad in
            ["", "canvass bulletin\t2\n", cut, &sheet.replace("2026-W10", "soon"), &sheet.replace("\t20\t", "\tx\t")]
        {
            assert!(Bulletin::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_ledgers_digest_does_not_depend_on_the_order() {
        let one = |n: u8, value| Contribution {
            campaign: RecordId::new(1, [9; 10]),
            source: RecordId::new(2, [n; 10]),
            metric: Metric::Cards,
            prospect: RecordId::new(3, [1; 10]),
            unit: None,
            person: None,
            week: "2026-W10".parse().expect("a week"),
            value,
            status: Status::Pending,
            rule: Rule::AwaitingVerification,
        };
        let digest = ledger_digest(&[one(1, 5), one(2, 6)]);
        assert_eq!(digest, ledger_digest(&[one(2, 6), one(1, 5)]));
        assert_ne!(digest, ledger_digest(&[one(1, 5), one(2, 7)]));
    }
}
