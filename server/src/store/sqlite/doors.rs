//! The store's face towards people with a browser: each operation one transaction, the reading ones beside the writer.

use super::{SqliteStore, factors, logins, sessions};
use crate::access::SessionToken;
use crate::store::{
    Actor, CodeAnswer, GivenCode, LogIn, LoggedIn, LoginState, Logins, NewPassword, OneTime, Session, SessionState,
    SetUp, StoreError, Tried, Visitor, Which,
};
use async_trait::async_trait;
use canvass_core::domain::{Membership, Person, PersonId, ServerTime};
use zeroize::Zeroizing;

#[async_trait]
impl Logins for SqliteStore {
    async fn tried(&self, name: &str, visitor: &Visitor, at: ServerTime) -> Result<Tried, StoreError> {
        let (secrets, name, visitor) = (self.secrets.clone(), name.to_owned(), visitor.clone());
        self.read_with_bank(move |db, bank| logins::tried(db, bank, &secrets, &name, &visitor, at)).await
    }

    async fn log_in(&self, order: LogIn) -> Result<LoggedIn, StoreError> {
        let secrets = self.secrets.clone();
        self.writer.run(move |writing| logins::log_in(writing, &secrets, &order)).await
    }

    async fn session(&self, token: &SessionToken, at: ServerTime, used: bool) -> Result<Option<Session>, StoreError> {
        let (secrets, token) = (self.secrets.clone(), token.clone());
        let found = self.read_with_bank(move |db, bank| sessions::read(db, bank, &secrets, &token, at)).await?;
        let Some((session, stale)) = found else { return Ok(None) };
        if stale && used {
            let number = session.number;
            self.writer.run(move |writing| sessions::touch(writing.db, number, at)).await?;
        }
        Ok(Some(session))
    }

    async fn give_code(&self, given: GivenCode) -> Result<CodeAnswer<SessionToken>, StoreError> {
        let secrets = self.secrets.clone();
        self.writer.run(move |writing| factors::give(writing, &secrets, &given)).await
    }

    async fn begin_second_factor(
        &self,
        token: &SessionToken,
        at: ServerTime,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let (secrets, token) = (self.secrets.clone(), token.clone());
        self.writer.run(move |writing| factors::begin(writing, &secrets, &token, at)).await
    }

    async fn confirm_second_factor(&self, given: GivenCode) -> Result<CodeAnswer<SetUp>, StoreError> {
        let secrets = self.secrets.clone();
        self.writer.run(move |writing| factors::confirm(writing, &secrets, &given)).await
    }

    async fn renew_recovery_codes(&self, given: GivenCode) -> Result<CodeAnswer<Vec<String>>, StoreError> {
        let secrets = self.secrets.clone();
        self.writer.run(move |writing| factors::renew(writing, &secrets, &given)).await
    }

    async fn recovery_codes_left(&self, person: &PersonId) -> Result<usize, StoreError> {
        let person = person.clone();
        self.read(move |db| factors::codes_left(db, &person)).await
    }

    async fn change_password(&self, new: NewPassword) -> Result<CodeAnswer<SessionToken>, StoreError> {
        let secrets = self.secrets.clone();
        self.writer.run(move |writing| logins::change_password(writing, &secrets, &new)).await
    }

    async fn sessions(&self, person: &PersonId, at: ServerTime) -> Result<Vec<SessionState>, StoreError> {
        let person = person.clone();
        self.read(move |db| sessions::list(db, &person, at)).await
    }

    async fn end_sessions(
        &self,
        person: &PersonId,
        which: Which,
        by: Actor,
        at: ServerTime,
    ) -> Result<usize, StoreError> {
        let person = person.clone();
        self.writer.run(move |writing| sessions::end(writing, &person, which, &by, at)).await
    }

    async fn logins(&self, at: ServerTime) -> Result<Vec<LoginState>, StoreError> {
        let secrets = self.secrets.clone();
        self.read(move |db| logins::all(db, &secrets, at)).await
    }

    async fn add_login(&self, new: OneTime, joins: Option<(Person, Option<Membership>)>) -> Result<(), StoreError> {
        self.writer.run(move |writing| logins::add(writing, &new, joins)).await
    }

    async fn reset_login(&self, new: OneTime) -> Result<(), StoreError> {
        let secrets = self.secrets.clone();
        self.writer.run(move |writing| logins::reset(writing, &secrets, &new)).await
    }

    async fn disable_login(&self, person: &PersonId, by: Actor, at: ServerTime) -> Result<(), StoreError> {
        let person = person.clone();
        self.writer.run(move |writing| logins::disable(writing, &person, &by, at)).await
    }

    async fn enable_login(&self, person: &PersonId, by: Actor, at: ServerTime) -> Result<(), StoreError> {
        let (secrets, person) = (self.secrets.clone(), person.clone());
        self.writer.run(move |writing| logins::enable(writing, &secrets, &person, &by, at)).await
    }

    async fn first_administrator(&self, hash: String, at: ServerTime) -> Result<Option<PersonId>, StoreError> {
        let secrets = self.secrets.clone();
        self.writer.run(move |writing| logins::first_administrator(writing, &secrets, hash, at)).await
    }
}
