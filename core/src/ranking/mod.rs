//! What counts, and who leads: from a prospect's rows to contributions, from contributions to standings, and from any
//! figure back to its contributions. Pure functions in whole numbers, the same on phone and server.

mod contribution;
mod explain;
mod rule;
mod standing;

pub use contribution::{Contribution, Group, GroupRow, Reach, contributions};
pub use explain::{Explanation, explain, explain_unplaced};
pub use rule::{Rule, Status};
pub use standing::{Figure, Placement, Standing, Tally, TrendPoint, standings, tallies, trends, unplaced};
