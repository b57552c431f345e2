//! How people come in by a browser, decided without a database: what a password must be, when failures lock a name, what a
//! session still lacks, which codes hold. The store asks here and applies the answer.

mod codes;
mod lockout;
mod password;
mod second;
mod session;

pub use codes::{one_time_password, plain_recovery_code, recovery_code};
pub use lockout::{KNOWN_PLACE_MS, Scope, block, site};
pub use password::{LONGEST_PASSWORD, Passwords, SHORTEST_PASSWORD, Unfit, fit};
pub use second::SecondFactor;
pub use session::{IDLE_MS, LONGEST_MS, ONE_TIME_MS, SessionToken, Stage, Step, TOUCH_MS, next, of_the_bank};
