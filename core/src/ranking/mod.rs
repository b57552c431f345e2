//! What counts, and who leads: from a prospect's rows to contributions, from contributions to standings, and from any
//! figure back to its contributions. Pure functions in whole numbers, the same on phone and server.

mod brief;
mod bulletin;
mod cause;
mod claim;
mod contribution;
mod coverage;
mod explain;
mod market;
mod placement;
mod rehearsal;
mod rule;
mod score;
mod share;
mod standing;
mod tally;
mod trend;
mod what_if;

pub use brief::brief;
pub use bulletin::{Bulletin, ledger_digest, ledger_line};
pub use cause::{Cause, Why, causes, causes_of_rules};
pub use contribution::{Contribution, Group, GroupRow, Reach, contributions};
pub use coverage::{Coverage, Phone, Silent, coverage};
pub use explain::{Explanation, explain, explain_unplaced};
pub use market::{Community, Market, market};
pub use placement::Placement;
pub use rehearsal::{Rehearsal, Rehearsed, Seat, Side, rehearsal};
pub use rule::{Rule, Status};
pub use score::{Basis, ranks, score};
pub use standing::{Standing, standings, unplaced};
pub use tally::{Figure, Figures, Tally, tallies};
pub use trend::{TrendPoint, trends};
pub use what_if::{Given, Place, places, what_if};
