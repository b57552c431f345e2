//! Passwords: which ones will do, and how they are kept: argon2id with its recommended parameters, off the threads that serve
//! everybody, and only so many at once, since each takes 19 MiB.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use canvass_core::domain::Person;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// How many characters a password has at least.
pub const SHORTEST_PASSWORD: usize = 12;
/// How many it has at most.
pub const LONGEST_PASSWORD: usize = 128;
/// How many different characters it has at least.
const DIFFERENT: usize = 5;
/// How many passwords are worked on at once.
const AT_ONCE: usize = 4;

/// What everybody tries first.
const COMMON: [&str; 8] =
    ["password", "123456789", "987654321", "qwertyuiop", "1q2w3e4r5t", "iloveyou", "administrator", "canvass"];

/// Why a password will not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too short.
    #[error("take at least {SHORTEST_PASSWORD} characters")]
    Short,
    /// Too long.
    #[error("take at most {LONGEST_PASSWORD} characters")]
    Long,
    /// The staff code or the name is in it.
    #[error("leave out your staff code and your name")]
    OwnName,
    /// Few characters again and again, or what everybody takes.
    #[error("take something less easy to guess")]
    Guessed,
    /// It is what it was.
    #[error("take another password than the present one")]
    Same,
}

/// Whether a password will do for a person.
///
/// # Errors
/// Why not.
pub fn fit(password: &str, person: &Person) -> Result<(), Unfit> {
    let length = password.chars().count();
    if length < SHORTEST_PASSWORD {
        return Err(Unfit::Short);
    }
    if length > LONGEST_PASSWORD {
        return Err(Unfit::Long);
    }
    let lower = password.to_lowercase();
    let own = [person.id.as_str().to_lowercase(), person.name.to_lowercase()];
    // A code of one or two characters may stand in any password.
    if own.iter().any(|own| own.len() >= 3 && lower.contains(own.as_str())) {
        return Err(Unfit::OwnName);
    }
    let different = lower.chars().collect::<BTreeSet<_>>().len();
    if different < DIFFERENT || COMMON.iter().any(|common| lower.contains(common)) {
        return Err(Unfit::Guessed);
    }
    Ok(())
}

/// A hash that no password has: whoever is unknown costs as much work as anybody else.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cy1zYWx0LTAxNg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes passwords and verifies them.
#[derive(Debug, Clone)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// The hash of a password, with a salt of its own; none if the machine fails at it.
    pub async fn hash(&self, password: Zeroizing<String>) -> Option<String> {
        let hash = move || {
            let hashed = Argon2::default().hash_password(password.as_bytes());
            hashed.map(|hash| hash.to_string()).ok()
        };
        self.off_thread(hash).await.flatten()
    }

    /// Whether a password is the one of a hash. Without a hash it is not, and takes as long.
    pub async fn verify(&self, password: Zeroizing<String>, hash: Option<String>) -> bool {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
        let verify = move || Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok();
        self.off_thread(verify).await == Some(true) && known
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let place = self.0.clone().acquire_owned().await.ok()?;
        let work = move || {
            let done = work();
            drop(place);
            done
        };
        tokio::task::spawn_blocking(work).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canvass_core::domain::Role;

    #[test]
    fn a_password_is_long_and_neither_ones_name_nor_what_everybody_takes() {
        let person =
            Person { id: "B1-L".parse().expect("id"), name: "王建国".into(), roles: Role::BranchLeader.into() };
        let why = |password: &str| fit(password, &person).err();
        assert_eq!(why("short-words"), Some(Unfit::Short));
        assert_eq!(why(&"长".repeat(LONGEST_PASSWORD + 1)), Some(Unfit::Long));
        assert_eq!(why("my-code-is-b1-l"), Some(Unfit::OwnName));
        assert_eq!(why("王建国的密码要长一点点"), Some(Unfit::Short));
        assert_eq!(why("王建国的密码要长一点点才行"), Some(Unfit::OwnName));
        assert_eq!(why("aaaaaaaaaaaaaaaa"), Some(Unfit::Guessed));
        assert_eq!(why("Password-Password"), Some(Unfit::Guessed));
        assert_eq!(why("走访东湖社区每周三上午九点"), None);
        assert_eq!(why("correct horse battery"), None);
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_with_the_recommended_parameters_and_so_is_the_work_for_nobody() {
        let (passwords, secret) = (Passwords::default(), |text: &str| Zeroizing::new(text.to_owned()));
        let hash = passwords.hash(secret("correct horse battery")).await.expect("hashed");
        let parameters = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(parameters(&hash), "$argon2id$v=19$m=19456,t=2,p=1");
        assert_eq!(parameters(&hash), parameters(NOBODYS));
        let lengths = |hash: &str| hash.split('$').map(str::len).collect::<Vec<_>>();
        assert_eq!(lengths(&hash), lengths(NOBODYS));
        assert!(argon2::password_hash::phc::PasswordHash::new(NOBODYS).is_ok(), "it is worked on like any other");
        assert!(passwords.verify(secret("correct horse battery"), Some(hash.clone())).await);
        assert!(!passwords.verify(secret("correct horse batterY"), Some(hash.clone())).await);
        assert!(!passwords.verify(secret("correct horse battery"), None).await);
        assert_ne!(passwords.hash(secret("correct horse battery")).await, Some(hash), "each has its own salt");
    }
}
