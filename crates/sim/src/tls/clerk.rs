//! One configuration of rustls for all panels of a fleet, and who acts in it for each of them.
//!
//! A configuration of its own would cost a panel more than all else that it keeps. So rustls asks
//! a clerk, who knows which panel is served at the moment: the certificate is made when a server
//! asks for it, and the ticket lies with the panel.
//!
//! Invariant: what is one panel's is never shown for another: the clerk has it only while that
//! panel's octets are processed.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::Account;
use rustls::client::{
    ClientConfig, ClientSessionStore, ResolvesClientCert, Resumption, Tls12ClientSessionValue,
    Tls13ClientSessionValue,
};
use rustls::sign::CertifiedKey;
use rustls::{NamedGroup, SignatureScheme};
use rustls_pki_types::ServerName;

use super::Trust;

/// What a panel keeps for its next connection: boxed, for most of a fleet may have none.
pub(crate) type Ticket = Option<Box<Session>>;

/// A session that can be resumed.
pub(crate) enum Session {
    Tls12(Tls12ClientSessionValue),
    Tls13(Tls13ClientSessionValue),
}

/// What the TLS of one fleet's panels is made from. One panel at a time is served here.
pub(crate) struct Office {
    config: Arc<ClientConfig>,
    clerk: Arc<Clerk>,
    trust: Arc<Trust>,
}

/// Acts for the panel that is served.
struct Clerk {
    trust: Arc<Trust>,
    /// Held for a look at a time. Only the thread of the fleet ever takes it.
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    served: Option<Account>,
    ticket: Ticket,
    /// All panels speak to one server.
    group: Option<NamedGroup>,
}

impl Trust {
    /// Opens an office for the panels of one fleet.
    pub(crate) fn open(self: &Arc<Self>) -> Office {
        let clerk = Arc::new(Clerk {
            trust: Arc::clone(self),
            desk: Mutex::default(),
        });
        let mut config = self.template.clone();
        if self.authority.is_some() {
            config.client_auth_cert_resolver = Arc::clone(&clerk) as Arc<dyn ResolvesClientCert>;
        }
        if self.resumption {
            config.resumption =
                Resumption::store(Arc::clone(&clerk) as Arc<dyn ClientSessionStore>);
        }
        Office {
            config: Arc::new(config),
            clerk,
            trust: Arc::clone(self),
        }
    }
}

impl Office {
    /// Whether it was opened by this trust.
    pub(crate) fn is_of(&self, trust: &Arc<Trust>) -> bool {
        Arc::ptr_eq(&self.trust, trust)
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    pub(super) fn server(&self) -> ServerName<'static> {
        self.trust.server.clone()
    }

    /// Does something for a panel, whose ticket may be used up or renewed by it.
    pub(super) fn serve<T>(
        &self,
        account: Account,
        ticket: &mut Ticket,
        work: impl FnOnce() -> T,
    ) -> T {
        {
            let mut desk = self.clerk.desk();
            desk.served = Some(account);
            desk.ticket = ticket.take();
        }
        let done = work();
        let mut desk = self.clerk.desk();
        desk.served = None;
        *ticket = desk.ticket.take();
        done
    }
}

impl Clerk {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesClientCert for Clerk {
    /// A certificate for the panel that is served: one handshake needs it, and it is gone then.
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let account = self.desk().served?;
        let certified = self.trust.authority.as_ref()?.certify(account);
        certified.ok().map(Arc::new)
    }

    fn has_certs(&self) -> bool {
        self.trust.authority.is_some()
    }
}

impl ClientSessionStore for Clerk {
    fn set_kx_hint(&self, _: ServerName<'static>, group: NamedGroup) {
        self.desk().group = Some(group);
    }

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.desk().group
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.desk().ticket = Some(Box::new(Session::Tls12(value)));
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        match self.desk().ticket.as_deref() {
            Some(Session::Tls12(value)) => Some(value.clone()),
            _ => None,
        }
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        let mut desk = self.desk();
        if matches!(desk.ticket.as_deref(), Some(Session::Tls12(_))) {
            desk.ticket = None;
        }
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.desk().ticket = Some(Box::new(Session::Tls13(value)));
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let mut desk = self.desk();
        match desk.ticket.take().map(|ticket| *ticket) {
            Some(Session::Tls13(value)) => Some(value),
            other => {
                desk.ticket = other.map(Box::new);
                None
            }
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

impl fmt::Debug for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Office")
    }
}

impl fmt::Debug for Clerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clerk")
    }
}
