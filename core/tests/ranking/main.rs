//! Promises of the ranking: a case worked by hand, what rules let count, and what holds for any facts in any order.

#![allow(clippy::expect_used, reason = "fixtures are right or the test is wrong")]

mod counting;
mod properties;
mod rules;
mod stage;
