//! Certificates, secrets and tickets: what the engine decides about, and others make or keep.
//!
//! Invariant: only the implementation of [`Authority`] opens a private key of an authority.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use model::{
    Account, Actor, ErrorCode, Issuer, PanelId, PanelSecret, PathId, PathIndex, PathName, Serial,
    Wall,
};
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::{AddError, Answering, ChangeError, ReadError};

/// Octets of a key for session tickets: AES-256.
pub const TICKET_KEY: usize = 32;

/// A key under which session tickets are sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketKey {
    /// What tells it from others; in clear in each ticket.
    pub name: [u8; 16],
    /// The key itself.
    pub key: Zeroizing<[u8; TICKET_KEY]>,
    /// When it was made.
    pub made: Wall,
}

/// Keys stay out of logs (I10).
impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketKey")
            .field("made", &self.made)
            .finish_non_exhaustive()
    }
}

/// All that a gateway needs to end TLS. It crosses the link as one message.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsMaterial {
    /// Larger than that of any before.
    pub version: u64,
    /// The server's certificates, its own first, as DER.
    pub chain: Vec<Vec<u8>>,
    /// Its private key, as PKCS #8 DER.
    pub key: Zeroizing<Vec<u8>>,
    /// Authorities whose certificates panels may show, as DER.
    pub roots: Vec<Vec<u8>>,
    /// Keys of tickets: the one in use first, then those whose tickets are still taken.
    pub tickets: Vec<TicketKey>,
}

/// Keys stay out of logs (I10).
impl fmt::Debug for TlsMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsMaterial")
            .field("version", &self.version)
            .field("roots", &self.roots.len())
            .finish_non_exhaustive()
    }
}

/// An authority whose client certificates are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedRoot {
    /// The certificate, as DER.
    pub der: Vec<u8>,
    /// As whom its certificates name it.
    pub issuer: Issuer,
    /// Its subject, for people.
    pub subject: String,
    /// Until when it is good.
    pub not_after: Wall,
    /// Whether it is Watchfire's own: then only certificates that are on record are taken.
    pub ours: bool,
}

/// What is on disk, and belongs together.
#[derive(Clone)]
pub struct Loaded {
    /// The server's certificates, its own first, as DER.
    pub chain: Vec<Vec<u8>>,
    /// Its private key, as PKCS #8 DER.
    pub key: Zeroizing<Vec<u8>>,
    /// Until when the server's certificate is good.
    pub not_after: Wall,
    /// Whose client certificates are taken.
    pub roots: Vec<TrustedRoot>,
    /// What operators' revocation lists (RFC 5280 5) name: signer and serial.
    pub revoked: HashSet<(Issuer, Serial)>,
    /// What tells this state of the files from another: no change, no reload.
    pub fingerprint: [u8; 32],
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("not_after", &self.not_after)
            .field("roots", &self.roots)
            .field("revoked", &self.revoked.len())
            .finish_non_exhaustive()
    }
}

/// What is wrong with the files of TLS, or with an order: the text says what, where and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct AuthorityError {
    /// For an operator.
    pub what: String,
}

/// A certificate to be made by our own authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateOrder {
    /// Whose: the common name.
    pub account: Account,
    /// Which of its paths, as the last part of a URI.
    pub path_name: Option<PathName>,
    /// Its panel, for people.
    pub panel: PanelId,
    /// Its number.
    pub serial: Serial,
    /// From when; 1970 lets panels in whose clock has not been set, but a certificate's dates are judged
    /// by us, so that now will do.
    pub not_before: Wall,
    /// Until when.
    pub not_after: Wall,
}

/// A certificate and its private key, as PEM, to be handed over once and kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The certificate and what leads to the authority.
    pub certificate: String,
    /// The private key.
    pub key: Zeroizing<String>,
    /// By whom the panel knows the server: the authorities of its certificate.
    pub server_authority: String,
}

/// Keys stay out of logs (I10).
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// The files of TLS, and our own authority. Its methods read and write files, and never run on the
/// runtime's own threads.
pub trait Authority: Send + Sync {
    /// Reads what is there; at the first start it makes what is missing.
    fn load(&self) -> Result<Loaded, AuthorityError>;

    /// Makes a key pair and a certificate for a panel.
    fn issue(&self, order: &CertificateOrder) -> Result<Credentials, AuthorityError>;

    /// The digest of a panel's secret, under a key of ours.
    fn digest(&self, secret: &PanelSecret) -> [u8; 32];
}

/// A certificate of ours, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRow {
    /// Its number.
    pub serial: Serial,
    /// The path that may show it.
    pub path: PathIndex,
    /// That path's stable id.
    pub path_id: PathId,
    /// When it was made.
    pub issued: Wall,
    /// Until when it is good.
    pub not_after: Wall,
    /// When it was revoked, if it was.
    pub revoked: Option<Wall>,
}

/// Whose end is told of ahead of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExpirySubject {
    /// The server's certificate.
    Server,
    /// An authority whose certificates are taken.
    Authority(Issuer),
    /// The certificates of ours of a path.
    Path(PathIndex),
}

/// What was told of an end that comes, or came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpiryTold {
    /// Of whose.
    pub subject: ExpirySubject,
    /// The end that it was about.
    pub not_after: Wall,
    /// The last step that was told, by when it was due.
    pub step: Wall,
}

/// What the store keeps of trust. A change and its audit row are one transaction.
pub trait TrustStore: Send + Sync {
    /// All certificates of ours, of paths that have not been removed.
    fn certificates(&self) -> Answering<'_, Result<Vec<CertificateRow>, ReadError>>;

    /// The certificates of ours of a panel's paths, newest first, at most [`model::limits::PAGE`];
    /// `None` if there is no such panel.
    fn certificates_of(
        &self,
        panel: PanelId,
    ) -> Answering<'_, Result<Option<Vec<CertificateRow>>, ReadError>>;

    /// Puts a certificate on record before it is handed out.
    fn add_certificate(
        &self,
        actor: Actor,
        row: CertificateRow,
    ) -> Answering<'_, Result<(), AddError>>;

    /// Revokes a certificate; `None` if there is none of that number, or it was revoked before.
    fn revoke_certificate(
        &self,
        actor: Actor,
        at: Wall,
        serial: Serial,
    ) -> Answering<'_, Result<Option<CertificateRow>, AddError>>;

    /// Sets, or removes, the digest of a path's secret.
    fn set_secret(
        &self,
        actor: Actor,
        at: Wall,
        path: PathId,
        digest: Option<[u8; 32]>,
    ) -> Answering<'_, Result<super::PathBinding, ChangeError>>;

    /// Disables a panel, or enables it again; answers its paths as they are now.
    fn set_disabled(
        &self,
        actor: Actor,
        at: Wall,
        panel: PanelId,
        disabled: bool,
    ) -> Answering<'_, Result<Vec<super::PathBinding>, ChangeError>>;

    /// The keys of tickets, newest first; opened. One that opens no more is left out.
    fn ticket_keys(&self) -> Answering<'_, Result<Vec<TicketKey>, ReadError>>;

    /// What was told of ends.
    fn expiries_told(&self) -> Answering<'_, Result<Vec<ExpiryTold>, ReadError>>;

    /// Keeps what was told of ends, in place of what was told before of the same.
    fn put_expiries_told(&self, told: Vec<ExpiryTold>) -> Answering<'_, Result<(), AddError>>;

    /// Keeps these keys of tickets, sealed, and no others.
    fn put_ticket_keys(&self, keys: Vec<TicketKey>) -> Answering<'_, Result<(), AddError>>;
}

/// Why something about trust was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The panel or the path is not there, or the store failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// There is no such certificate, or it was revoked before.
    #[error("there is no certificate {serial} in force")]
    UnknownCertificate {
        /// Its number, in hexadecimal.
        serial: String,
    },
    /// The path's family knows neither certificates nor secrets of ours.
    #[error("paths of family {family} show no secret")]
    NoSecret {
        /// Which.
        family: model::FamilyName,
    },
    /// The panel has several paths, and it was not said which.
    #[error("the panel has several paths: say which")]
    WhichPath,
    /// So many certificates of a path are in force that nobody can tell which it uses.
    #[error("{most} certificates of this path are in force: revoke those that it does not use")]
    TooMany {
        /// How many may be.
        most: usize,
    },
    /// A certificate cannot be made for so long.
    #[error("a certificate is good for {days} days at most")]
    TooLong {
        /// For how long it may be.
        days: u64,
    },
    /// The authority cannot do it.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl TrustError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Change(error) => error.code(),
            Self::UnknownCertificate { .. } => ErrorCode::NotFound,
            Self::NoSecret { .. } | Self::WhichPath | Self::TooLong { .. } => {
                ErrorCode::RequestInvalid
            }
            Self::TooMany { .. } => ErrorCode::CertificatesTooMany,
            Self::Read(error) => error.code(),
            Self::Authority(_) => ErrorCode::Unavailable,
        }
    }
}

/// How trust stands, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustStatus {
    /// The version of the material in use.
    pub version: u64,
    /// Until when the server's certificate is good.
    pub not_after: Wall,
    /// Whose client certificates are taken.
    pub roots: Vec<TrustedRoot>,
    /// Why the files could not be read when they were last looked at, if they could not.
    pub problem: Option<String>,
}

/// What people do about panels' certificates and secrets while the server runs. When it answers,
/// whoever may no longer speak is on the way out.
pub trait TrustAdmin: Send + Sync {
    /// Makes a certificate for a path of a panel: for its only one, or the one that is named.
    fn enrol(
        &self,
        actor: Actor,
        panel: PanelId,
        path: Option<PathId>,
        valid: Option<Duration>,
    ) -> Answering<'_, Result<(CertificateRow, Credentials), TrustError>>;

    /// Certificates of a panel's paths, newest first.
    fn certificates(
        &self,
        panel: PanelId,
    ) -> Answering<'_, Result<Vec<CertificateRow>, TrustError>>;

    /// Revokes a certificate of ours.
    fn revoke(
        &self,
        actor: Actor,
        serial: Serial,
    ) -> Answering<'_, Result<CertificateRow, TrustError>>;

    /// Makes a secret for a path, in place of the one before; it is shown this once.
    fn renew_secret(
        &self,
        actor: Actor,
        panel: PanelId,
        path: Option<PathId>,
    ) -> Answering<'_, Result<(PathId, PanelSecret), TrustError>>;

    /// Takes a path's secret away.
    fn remove_secret(
        &self,
        actor: Actor,
        panel: PanelId,
        path: Option<PathId>,
    ) -> Answering<'_, Result<PathId, TrustError>>;

    /// Disables a panel, or enables it again.
    fn set_disabled(
        &self,
        actor: Actor,
        panel: PanelId,
        disabled: bool,
    ) -> Answering<'_, Result<(), TrustError>>;

    /// Reads the files of TLS again, now.
    fn reload(&self) -> Answering<'_, Result<TrustStatus, TrustError>>;

    /// How it stands.
    fn status(&self) -> Answering<'_, TrustStatus>;
}

/// Gives gateways what they need for TLS.
pub trait ProvidesTls: Send + Sync {
    /// The material in use; `None` until the first is there.
    fn material(&self) -> watch::Receiver<Option<Arc<TlsMaterial>>>;
}
