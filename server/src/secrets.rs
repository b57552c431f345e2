//! The server's secrets: 32 random bytes in a file kept apart from the database, from which every key is derived. Who has the
//! database, or a backup of it, but not this file, reads no dossier and can prove nothing in the server's name.

use canvass_core::signing::{Signature, Signer, SigningError, SoftwareKey};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What a key is for: nothing made for one purpose passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Changes and rows of confidential records.
    Dossiers,
    /// What was refused or is held.
    Quarantine,
    /// Second factors of logins.
    Totp,
    /// Backups.
    Backups,
    /// Tokens that say what a phone was told.
    Tokens,
    /// Receipts for changes.
    Receipts,
    /// Codes of invitations, as they are kept.
    Invitations,
    /// Session tokens and recovery codes, as they are kept.
    Sessions,
    /// The keys of phones' dossier files.
    PhoneDossiers,
    /// The chain of the audit log.
    Audit,
    /// The bytes of attachments.
    Attachments,
    /// Ledger files: names of files, references, customers' amounts.
    LedgerFiles,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Dossiers => b"canvass dossiers 1",
            Self::Quarantine => b"canvass quarantine 1",
            Self::Totp => b"canvass totp 1",
            Self::Backups => b"canvass backups 1",
            Self::Tokens => b"canvass tokens 1",
            Self::Receipts => b"canvass receipts 1",
            Self::Invitations => b"canvass invitations 1",
            Self::Sessions => b"canvass sessions 1",
            Self::PhoneDossiers => b"canvass phone dossiers 1",
            Self::Audit => b"canvass audit 1",
            Self::Attachments => b"canvass attachments 1",
            Self::LedgerFiles => b"canvass ledger files 1",
        }
    }
}

/// Why there are no secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// The file cannot be read or made.
    #[error("the secret file {0} cannot be used: {1}")]
    File(PathBuf, String),
    /// The file is not 32 bytes in hexadecimal.
    #[error("the secret file {0} does not hold 64 hexadecimal digits: restore it from where it was kept")]
    Malformed(PathBuf),
    /// The bytes give no key. One in very many does so.
    #[error("the secret file gives no signing key: make another")]
    NoKey,
    /// More than can be encrypted at once.
    #[error("{0} bytes are too many to be encrypted at once")]
    TooMuch(usize),
    /// Other users of the machine can read it.
    #[error("the secret file {0} can be read by others: `chmod 600` it")]
    Open(PathBuf),
}

/// Waits until the names in a file's folder are on the disk.
pub(crate) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Every key of one server.
#[derive(Clone)]
pub struct Secrets(Arc<Inner>);

struct Inner {
    master: Zeroizing<[u8; 32]>,
    signing: SoftwareKey,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// Secrets from 32 random bytes.
    ///
    /// # Errors
    /// For one in 2³² of all numbers.
    pub fn from_master(master: [u8; 32]) -> Result<Self, SecretsError> {
        let master = Zeroizing::new(master);
        let signing = SoftwareKey::from_secret(&derive(&master, b"canvass signing 1"));
        Ok(Self(Arc::new(Inner { signing: signing.map_err(|_| SecretsError::NoKey)?, master })))
    }

    /// Reads a secret file.
    ///
    /// # Errors
    /// When it is not there, not whole, or open to others.
    pub fn read(path: &Path) -> Result<Self, SecretsError> {
        let failed = |error: std::io::Error| SecretsError::File(path.to_owned(), error.to_string());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o077 != 0 {
                return Err(SecretsError::Open(path.to_owned()));
            }
        }
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
        let bytes = HEXLOWER.decode(text.trim().as_bytes()).map(Zeroizing::new);
        let master = bytes.ok().and_then(|bytes| bytes.as_slice().try_into().ok());
        master.map_or_else(|| Err(SecretsError::Malformed(path.to_owned())), Self::from_master)
    }

    /// Makes a secret file from 32 fresh random bytes, for this user's eyes only. It appears whole, and once this returns not
    /// even a power cut takes it away: without it nothing opens that is written after it.
    ///
    /// # Errors
    /// When there is one, or it cannot be written.
    pub fn make(path: &Path, master: [u8; 32]) -> Result<Self, SecretsError> {
        let failed = |error: std::io::Error| SecretsError::File(path.to_owned(), error.to_string());
        let secrets = Self::from_master(master)?;
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new).map_err(failed)?;
        // One at a time: behind whoever was first it is theirs already.
        file.lock().map_err(failed)?;
        if path.exists() {
            return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
        }
        let text = Zeroizing::new(HEXLOWER.encode(&master));
        file.set_len(0).and_then(|()| writeln!(file, "{}", *text)).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(&new, path).map_err(failed)?;
        sync_folder_of(path).map_err(failed)?;
        Ok(secrets)
    }

    /// 32 bytes for a purpose and a name within it.
    pub fn key(&self, purpose: Purpose, name: &[u8]) -> Zeroizing<[u8; 32]> {
        derive(&self.0.master, &[purpose.label(), b"\0", name].concat())
    }

    /// Encrypts; `nonce` is fresh randomness, and `about` has to be given again to decrypt.
    ///
    /// # Errors
    /// For more bytes than any machine has.
    pub fn seal(&self, purpose: Purpose, about: &[u8], plain: &[u8], nonce: [u8; 24]) -> Result<Vec<u8>, SecretsError> {
        let key = self.key(purpose, b"");
        let cipher = XChaCha20Poly1305::new(&Key::from(*key));
        let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: about });
        let sealed = sealed.map_err(|_| SecretsError::TooMuch(plain.len()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts; none if the bytes were not sealed so, by this server, about this.
    pub fn open(&self, purpose: Purpose, about: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
        let key = self.key(purpose, b"");
        let cipher = XChaCha20Poly1305::new(&Key::from(*key));
        cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: about }).ok().map(Zeroizing::new)
    }

    /// The mark by which this server knows again what it said.
    pub fn mark(&self, purpose: Purpose, said: &[u8]) -> [u8; 32] {
        self.hmac(purpose, said).finalize().into_bytes().into()
    }

    /// Whether a mark is this server's own, in the same time whatever the bytes are.
    pub fn is_marked(&self, purpose: Purpose, said: &[u8], mark: &[u8]) -> bool {
        self.hmac(purpose, said).verify_slice(mark).is_ok()
    }

    /// Whether the beginning of a mark, 16 bytes of it, is this server's own: for what travels often.
    pub fn is_marked_in_short(&self, purpose: Purpose, said: &[u8], mark: &[u8; 16]) -> bool {
        self.hmac(purpose, said).verify_truncated_left(mark).is_ok()
    }

    fn hmac(&self, purpose: Purpose, said: &[u8]) -> Hmac<Sha256> {
        keyed(&self.key(purpose, b"")).chain_update(said)
    }

    /// What tells these secrets from others, and says nothing of them.
    pub fn fingerprint(&self) -> [u8; 16] {
        canvass_core::signing::PublicKey::fingerprint(&self.signer().public_key())
    }

    /// Signs in the server's name.
    pub fn signer(&self) -> &dyn Signer {
        &self.0.signing
    }

    /// Signs a message in the server's name.
    ///
    /// # Errors
    /// Never for a key in memory.
    pub fn sign(&self, message: &[u8]) -> Result<Signature, SigningError> {
        self.0.signing.sign(message)
    }
}

/// HMAC under a key of 32 bytes.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    hmac::KeyInit::new(&(*block).into())
}

/// HKDF's expansion (RFC 5869) to one block; the secret file is random as it is and needs no extraction.
fn derive(master: &[u8; 32], info: &[u8]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(keyed(master).chain_update(info).chain_update([1]).finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_for_one_purpose_and_subject_opens_for_no_other() {
        let secrets = Secrets::from_master([7; 32]).expect("secrets");
        let sealed = secrets.seal(Purpose::Dossiers, b"a", "周建国".as_bytes(), [1; 24]).expect("sealed");
        assert!(!sealed.windows(3).any(|bytes| bytes == "周".as_bytes()));
        let open = |secrets: &Secrets, purpose, about: &[u8], sealed: &[u8]| {
            secrets.open(purpose, about, sealed).map(|plain| String::from_utf8_lossy(&plain).into_owned())
        };
        assert_eq!(open(&secrets, Purpose::Dossiers, b"a", &sealed).as_deref(), Some("周建国"));
        assert_eq!(open(&secrets, Purpose::Quarantine, b"a", &sealed), None);
        assert_eq!(open(&secrets, Purpose::Dossiers, b"b", &sealed), None);
        assert_eq!(open(&secrets, Purpose::Dossiers, b"a", &sealed[..sealed.len() - 1]), None);
        assert_eq!(open(&secrets, Purpose::Dossiers, b"a", b"short"), None);
        let others = Secrets::from_master([8; 32]).expect("secrets");
        assert_eq!(open(&others, Purpose::Dossiers, b"a", &sealed), None);
    }

    #[test]
    fn a_mark_holds_for_what_was_said_and_nothing_else() {
        let secrets = Secrets::from_master([7; 32]).expect("secrets");
        let mark = secrets.mark(Purpose::Tokens, b"told");
        assert!(secrets.is_marked(Purpose::Tokens, b"told", &mark));
        assert!(!secrets.is_marked(Purpose::Receipts, b"told", &mark));
        assert!(!secrets.is_marked(Purpose::Tokens, b"tolD", &mark));
        assert!(!secrets.is_marked(Purpose::Tokens, b"told", &mark[..31]));
    }

    #[test]
    fn a_secret_file_is_for_its_owner_alone_and_is_never_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("canvass.key");
        let made = Secrets::make(&path, [9; 32]).expect("made");
        assert_eq!(Secrets::read(&path).map(|read| read.fingerprint()), Ok(made.fingerprint()));
        assert!(matches!(Secrets::make(&path, [1; 32]), Err(SecretsError::File(..))));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
            assert!(matches!(Secrets::read(&path), Err(SecretsError::Open(_))));
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
        }
        std::fs::write(&path, "not hexadecimal").expect("written");
        assert!(matches!(Secrets::read(&path), Err(SecretsError::Malformed(_))));
    }
}
