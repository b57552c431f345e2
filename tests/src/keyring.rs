//! The sessions of a World's readers: whoever reads a page has logged in by the store's own operations, second factor and all.
//! Only the hashing of passwords is left out, so that tests are quick; `tests/tests/login.rs` goes the whole way.

use super::bank::person;
use canvass_core::domain::ServerTime;
use canvass_server::access::SessionToken;
use canvass_server::store::{
    Actor, CodeAnswer, GivenCode, LogIn, LoggedIn, Logins, NewPassword, OneTime, SqliteStore, Visitor,
};
use std::collections::BTreeMap;
use totp_rs::{Algorithm, Builder, Totp};

/// A hash that is nobody's password.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cy1zYWx0LjE2$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// An authenticator, as people have one on their phones.
pub struct Authenticator(Totp);

impl Authenticator {
    /// One that was given a secret.
    pub fn of(secret: &[u8]) -> Self {
        let totp = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_step_duration(30);
        Self(totp.with_secret(secret).build().expect("a secret of 20 bytes"))
    }

    /// One into which a secret was typed, as a page shows it.
    pub fn typed(secret: &str) -> Self {
        let secret: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
        Self::of(totp_rs::Secret::try_from_base32(secret).expect("base 32").as_ref())
    }

    /// What it shows at a time.
    pub fn code(&self, at: ServerTime) -> String {
        self.0.generate(at.millis().unsigned_abs() / 1000).to_string()
    }
}

struct Held {
    token: SessionToken,
    at: ServerTime,
    authenticator: Option<Authenticator>,
}

/// A session of somebody who has no login yet, with which every page is open that is theirs.
pub async fn session(store: &SqliteStore, code: &str, now: ServerTime) -> SessionToken {
    Keyring::default().token(store, code, now).await
}

/// Everybody's sessions.
#[derive(Default)]
pub(super) struct Keyring(BTreeMap<String, Held>);

impl Keyring {
    /// A session of a person in which every page is open that is theirs.
    pub(super) async fn token(&mut self, store: &SqliteStore, code: &str, now: ServerTime) -> SessionToken {
        if let Some(held) = self.0.get(code).filter(|held| now.millis() - held.at.millis() < 600_000) {
            return held.token.clone();
        }
        let authenticator = self.0.remove(code).map(|held| held.authenticator);
        let (person, visitor) = (person(code), Visitor { address: "127.0.0.1".into(), agent: "World".into() });
        if authenticator.is_none() {
            let new = OneTime { person, hash: format!("{HASH}A"), by: Actor::Operator, at: now };
            store.add_login(new, None).await.expect("a login");
        }
        let verified = if authenticator.is_none() { format!("{HASH}A") } else { HASH.to_owned() };
        let order =
            LogIn { name: code.to_owned(), verified: Some(verified.clone()), visitor: visitor.clone(), at: now };
        let LoggedIn::Session(mut token) = store.log_in(order).await.expect("logged in") else {
            panic!("{code} may not log in")
        };
        if authenticator.is_none() {
            let new = NewPassword {
                token,
                verified: Some(verified),
                hash: HASH.to_owned(),
                visitor: visitor.clone(),
                at: now,
            };
            let CodeAnswer::Right(changed) = store.change_password(new).await.expect("changed") else {
                panic!("a wrong password")
            };
            token = changed;
        }
        let session = store.session(&token, now, true).await.expect("read").expect("a session");
        let authenticator = match authenticator.flatten() {
            Some(authenticator) => {
                let code = authenticator.code(now);
                let given = GivenCode { token, code, visitor, at: now };
                let CodeAnswer::Right(full) = store.give_code(given).await.expect("given") else {
                    panic!("a wrong code")
                };
                token = full;
                Some(authenticator)
            }
            None if session.step == canvass_server::access::Step::SetUpSecondFactor => {
                let secret = store.begin_second_factor(&token, now).await.expect("begun").expect("there is none");
                let authenticator = Authenticator::of(&secret);
                let given = GivenCode { token, code: authenticator.code(now), visitor, at: now };
                let set_up = store.confirm_second_factor(given).await.expect("confirmed");
                let CodeAnswer::Right(set_up) = set_up else { panic!("a wrong code") };
                token = set_up.token;
                Some(authenticator)
            }
            None => None,
        };
        self.0.insert(code.to_owned(), Held { token: token.clone(), at: now, authenticator });
        token
    }
}
