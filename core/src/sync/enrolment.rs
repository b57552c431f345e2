//! The phone's side of an enrolment: one question, asked again as it is while no answer comes, since the server takes the same
//! phone in only once however often it hears it.

use super::post::{Problem, may_pass};
use super::{Post, Reply};
use crate::domain::PhoneTime;
use crate::signing::{Signer, SigningError};
use crate::wire::{Before, EnrolError, EnrolRequest, EnrolResponse, Enrolled, Invitation, WireError};

/// Why a phone could not enrol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentError {
    /// No answer, or a damaged one: worth another try.
    #[error("no answer came to this invitation ({0}): try again, also with the same one")]
    Lost(String),
    /// The server does not take this phone in.
    #[error("the server did not take this phone in ({status}): {words}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// What is wrong, for programs: `invitation-expired`, say.
        code: String,
        /// What the server says.
        words: String,
    },
    /// The answer is not from the server that invited.
    #[error(transparent)]
    Untrusted(EnrolError),
    /// The phone's key could not sign.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// One enrolment.
#[derive(Debug, Clone)]
pub struct Enrolment {
    post: Post,
    fingerprint: [u8; 16],
}

impl Enrolment {
    /// Answers an invitation with a new key.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn new(invitation: &Invitation, signer: &dyn Signer, now: PhoneTime) -> Result<Self, EnrolmentError> {
        Self::of(invitation, EnrolRequest::new(invitation.number, invitation.code, signer, now)?)
    }

    /// Answers an invitation as the phone that one was before: the server was restored, and does not know it any more.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn again(
        invitation: &Invitation,
        signer: &dyn Signer,
        before: Before,
        now: PhoneTime,
    ) -> Result<Self, EnrolmentError> {
        let request = EnrolRequest::new(invitation.number, invitation.code, signer, now)?;
        Self::of(invitation, EnrolRequest { before: Some(before), ..request })
    }

    fn of(invitation: &Invitation, request: EnrolRequest) -> Result<Self, EnrolmentError> {
        let body = request.encode().map_err(|error| EnrolmentError::Lost(error.to_string()))?;
        let post = Post { path: "/v1/enrol", authorization: None, body };
        Ok(Self { post, fingerprint: invitation.fingerprint })
    }

    /// What to post to the server that the invitation names.
    pub fn post(&self) -> Post {
        self.post.clone()
    }

    /// What the server answered.
    ///
    /// # Errors
    /// When the phone is not taken in, or another server answered.
    pub fn received(&self, reply: &Reply) -> Result<Enrolled, EnrolmentError> {
        if reply.status != 200 {
            let problem = Problem::of(reply);
            return Err(match reply.status {
                status if may_pass(status) => EnrolmentError::Lost(problem.words),
                status => EnrolmentError::Rejected { status, code: problem.code, words: problem.words },
            });
        }
        let opened = EnrolResponse::decode(&reply.body).map_err(EnrolError::from);
        opened.and_then(|response| response.open(&self.fingerprint)).map_err(|error| match error {
            EnrolError::Wire(WireError::Version { .. }) | EnrolError::OtherServer => EnrolmentError::Untrusted(error),
            // Signed by nobody: somebody's fault on the way, or somebody's attempt.
            other => EnrolmentError::Lost(other.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DeviceNumber, Role, ServerTime};
    use crate::signing::SoftwareKey;
    use crate::wire::InvitationCode;

    fn key(n: u8) -> SoftwareKey {
        SoftwareKey::from_secret(&[n; 32]).expect("a key")
    }

    fn enrolment() -> Enrolment {
        let invitation = Invitation {
            base: "https://canvass.bank.example".to_owned(),
            number: 3,
            code: InvitationCode::new([1; 10]),
            fingerprint: key(9).public_key().fingerprint(),
        };
        let now = PhoneTime::from_millis(1_772_985_600_000).expect("a time");
        Enrolment::new(&invitation, &key(1), now).expect("begun")
    }

    fn answer(server: &SoftwareKey) -> Reply {
        let enrolled = Enrolled {
            device: DeviceNumber::new(7),
            person: "P7".parse().expect("a person"),
            name: "王芳".to_owned(),
            roles: Role::AccountManager.into(),
            units: Vec::new(),
            clock: ServerTime::from_millis(1_772_985_600_000).expect("a time"),
            server_key: server.public_key(),
            token: Vec::new().into(),
            lease_ms: 1,
            dossier_key: None,
        };
        let body = EnrolResponse::seal(&enrolled, server).and_then(|sealed| Ok(sealed.encode()?));
        Reply { status: 200, body: body.expect("encodes") }
    }

    #[test]
    fn a_phone_believes_the_server_that_invited_it_and_no_other() {
        let enrolment = enrolment();
        assert_eq!((enrolment.post().path, enrolment.post().authorization), ("/v1/enrol", None));
        assert_eq!(enrolment.received(&answer(&key(9))).map(|enrolled| enrolled.device), Ok(DeviceNumber::new(7)));
        let other = enrolment.received(&answer(&key(8)));
        assert_eq!(other, Err(EnrolmentError::Untrusted(EnrolError::OtherServer)));
    }

    #[test]
    fn what_is_lost_can_be_asked_again_and_a_refusal_says_why() {
        let enrolment = enrolment();
        let whole = answer(&key(9)).body;
        let cut = Reply { status: 200, body: whole[..20].to_vec() };
        let busy = Reply { status: 503, body: Vec::new() };
        for reply in [cut, busy] {
            assert!(matches!(enrolment.received(&reply), Err(EnrolmentError::Lost(_))), "{reply:?}");
        }
        let body = br#"{"type":"urn:canvass:problem:invitation-expired","detail":"ask for a new one"}"#.to_vec();
        let code = "invitation-expired".to_owned();
        let words = "ask for a new one".to_owned();
        let expired = EnrolmentError::Rejected { status: 410, code, words };
        assert_eq!(enrolment.received(&Reply { status: 410, body }), Err(expired));
    }
}
