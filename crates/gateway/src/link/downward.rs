//! From the engine to a gateway.
//!
//! Invariant: the proof of a commitment is made here when the engine's word is read, and nowhere
//! else in this crate (I1).

use std::sync::Arc;

use bytes::BytesMut;
use engine::ports::{Answer, TlsMaterial};
use model::{Account, AccountKey, Committed, FamilyName, IdentityRefusal, IntakeState};
use proto::{Admitted, Identity};

use super::codec::{DecodeError, Field, Message};

/// Who shows an identity, and to which connection's question this is the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityAnswer {
    /// The connection that asked.
    pub connection: u64,
    /// What it asked.
    pub key: AccountKey,
    /// Who that is, or why they are not let in.
    pub admitted: Result<Arc<Admitted>, IdentityRefusal>,
}

impl IdentityAnswer {
    /// The answer as a session wants it.
    pub fn identity(&self) -> Identity {
        match &self.admitted {
            Ok(admitted) => Identity::Admitted(Arc::clone(admitted)),
            Err(reason) => Identity::Refused {
                account: self.key.account,
                reason: *reason,
            },
        }
    }
}

/// What the engine says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Downward {
    /// All three streams are here; on the urgent stream.
    Welcome {
        /// The engine's build; a gateway of another one drains and ends.
        build: String,
    },
    /// Answers [`super::Upward::Identify`].
    Identity(IdentityAnswer),
    /// Answers [`super::Upward::Signal`].
    Answer(Answer),
    /// What is remembered of these accounts may no longer be true.
    Forget(Vec<(FamilyName, Account)>),
    /// What is remembered of any identity may no longer be true.
    ForgetAll,
    /// Whether storage can be promised (R4).
    Intake(IntakeState),
    /// What TLS is ended with from now on; on the normal stream.
    Tls(Box<TlsMaterial>),
    /// Its path has connected anew elsewhere: the connection is to be closed (R9).
    TakenOver {
        /// Which.
        connection: u64,
    },
}

const WELCOME: u8 = 129;
const IDENTITY: u8 = 130;
const COMMITTED: u8 = 131;
const REFUSED: u8 = 132;
const FORGET: u8 = 133;
const FORGET_ALL: u8 = 134;
const INTAKE: u8 = 135;
const TLS: u8 = 136;
const TAKEN_OVER: u8 = 137;

impl Message for Downward {
    fn kind(&self) -> u8 {
        match self {
            Self::Welcome { .. } => WELCOME,
            Self::Identity(_) => IDENTITY,
            Self::Answer(Answer::Committed { .. }) => COMMITTED,
            Self::Answer(Answer::Refused { .. }) => REFUSED,
            Self::Forget(_) => FORGET,
            Self::ForgetAll => FORGET_ALL,
            Self::Intake(_) => INTAKE,
            Self::Tls(_) => TLS,
            Self::TakenOver { .. } => TAKEN_OVER,
        }
    }

    fn put_body(&self, out: &mut BytesMut) {
        match self {
            Self::Welcome { build } => build.put(out),
            Self::Identity(answer) => answer.put(out),
            Self::Answer(Answer::Committed { connection, proof }) => {
                connection.put(out);
                put_proof(proof, out);
            }
            Self::Answer(Answer::Refused {
                connection,
                token,
                reason,
            }) => {
                connection.put(out);
                token.put(out);
                reason.put(out);
            }
            Self::Forget(keys) => keys.put(out),
            Self::ForgetAll => {}
            Self::Tls(material) => material.put(out),
            Self::TakenOver { connection } => connection.put(out),
            Self::Intake(state) => {
                state.last_commit.put(out);
                state.clock_suspect.put(out);
            }
        }
    }

    fn take_body(kind: u8, input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(match kind {
            WELCOME => Self::Welcome {
                build: Field::take(input)?,
            },
            IDENTITY => Self::Identity(Field::take(input)?),
            COMMITTED => Self::Answer(Answer::Committed {
                connection: Field::take(input)?,
                proof: take_proof(input)?,
            }),
            REFUSED => Self::Answer(Answer::Refused {
                connection: Field::take(input)?,
                token: Field::take(input)?,
                reason: Field::take(input)?,
            }),
            FORGET => Self::Forget(Field::take(input)?),
            FORGET_ALL => Self::ForgetAll,
            INTAKE => Self::Intake(IntakeState {
                last_commit: Field::take(input)?,
                clock_suspect: Field::take(input)?,
            }),
            TLS => Self::Tls(Box::new(Field::take(input)?)),
            TAKEN_OVER => Self::TakenOver {
                connection: Field::take(input)?,
            },
            kind => return Err(DecodeError::UnknownKind { kind }),
        })
    }
}

fn put_proof(proof: &Committed, out: &mut BytesMut) {
    proof.token().put(out);
    proof.key().put(out);
    proof.seq().put(out);
    proof.mode().put(out);
}

/// I1: the engine's ingest has attested this; here its word is taken.
fn take_proof(input: &mut &[u8]) -> Result<Committed, DecodeError> {
    Ok(Committed::attest(
        Field::take(input)?,
        Field::take(input)?,
        Field::take(input)?,
        Field::take(input)?,
    ))
}

impl Field for IdentityAnswer {
    const WHAT: &'static str = "an identity";

    fn put(&self, out: &mut BytesMut) {
        self.connection.put(out);
        self.key.put(out);
        match &self.admitted {
            Ok(admitted) => {
                true.put(out);
                admitted.put(out);
            }
            Err(reason) => {
                false.put(out);
                reason.put(out);
            }
        }
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            connection: Field::take(input)?,
            key: Field::take(input)?,
            admitted: if bool::take(input)? {
                Ok(Field::take(input)?)
            } else {
                Err(Field::take(input)?)
            },
        })
    }
}
