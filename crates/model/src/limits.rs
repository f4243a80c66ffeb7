//! Every bound of the house, with its reason (I7). A full queue means: stop reading.

use std::time::Duration;

/// R4: how old the last commit may be while we still answer supervision. Settable per class in
/// the rule; 10 s is the rule's floor and holds for every panel whose class has no longer time.
pub const PROMISE: Duration = Duration::from_secs(10);

/// How long the journal may be idle before a probe commits, so that [`PROMISE`] is kept by a
/// margin of four missed probes.
pub const PROBE_PERIOD: Duration = Duration::from_secs(2);

/// The least time between the starts of two commits. A commit costs 225 to 290 µs of CPU; at
/// 125 a second that is 3 % of a core, and a signal waits 8 ms at most for the next one.
pub const COMMIT_GATHER: Duration = Duration::from_millis(8);

/// Signals in one commit. At 50,000 a second a gather of 8 ms holds 400; this leaves room for a
/// burst while the transaction stays well under a tenth of a second.
pub const COMMIT_SIGNALS: usize = 1_024;

/// Signals waiting for ingest, per urgency: two full commits, so that the writer never starves.
pub const INGEST_QUEUE: usize = 2 * COMMIT_SIGNALS;

/// Signals a gateway may have unacknowledged: what one commit per 8 ms drains in about 60 ms.
pub const LINK_UNACKNOWLEDGED: usize = 8 * COMMIT_SIGNALS;

/// Octets a gateway may have unacknowledged over its link.
pub const LINK_UNACKNOWLEDGED_BYTES: usize = 64 << 20;

/// The largest link message. The largest DC-09 frame is 4 KiB; the rest is headroom for MQTT.
pub const LINK_FRAME: usize = 64 << 10;

/// Events in one message. Panels send a handful; the rest of a message with more is kept as one
/// event that is not decoded, so that the message stays within [`LINK_FRAME`] and a commit.
pub const MESSAGE_EVENTS: usize = 128;

/// Questions for an identity that a gateway may have open; as many connections can come in at
/// once as an accept burst allows, and each has at most one question.
pub const LINK_IDENTIFY: usize = 4_096;

/// Identities that a gateway remembers: an expected fleet of 50,000 fits with room.
pub const IDENTITY_CACHE: usize = 65_536;

/// How long a gateway remembers that an account is unknown.
pub const UNKNOWN_ACCOUNT_MEMORY: Duration = Duration::from_secs(5);

/// Frames that one connection may have unanswered. Panels wait for each answer; a hub that
/// pipelines gets a commit's worth of overlap and no more.
pub const SESSION_PIPELINE: usize = 16;

/// A connection must show a valid frame of a registered account within this time (R7).
pub const FIRST_FRAME: Duration = Duration::from_secs(20);

/// A frame that was begun must be complete within this time.
pub const FRAME_COMPLETION: Duration = Duration::from_secs(20);

/// A connection whose panel is known may be silent for this long: a day and the hour of grace of
/// SP2 and DP1 (25 h), the longest class for which a permanent connection makes sense.
pub const IDLE_CONNECTION: Duration = Duration::from_hours(25);

/// R2: a signal with the same frame timestamp is a repeat while that timestamp is at most this
/// far from our clock.
pub const REPEAT_BY_TIMESTAMP: Duration = Duration::from_hours(24);

/// R2: a signal with equal content is a repeat within this time, if nothing came between.
pub const REPEAT_BY_CONTENT: Duration = Duration::from_mins(1);

/// DC-09 5.5.1.9: a timestamp may lie this far behind our clock.
pub const WINDOW_BEHIND: Duration = Duration::from_secs(40);

/// DC-09 5.5.1.9: a timestamp may lie this far ahead of our clock.
pub const WINDOW_AHEAD: Duration = Duration::from_secs(20);

/// Frames a second that one registered account may send in the long run (R7). A panel in alarm
/// sends a few; a panel that bypasses 800 zones at once sends its burst and then waits.
pub const ACCOUNT_RATE: u32 = 20;

/// Frames that one registered account may send at once.
pub const ACCOUNT_BURST: u32 = 400;

/// Frames and connections a second that one address may spend before it names a registered
/// account (R7): 20,000 panels live behind one carrier NAT and may all return in a minute.
pub const ADDRESS_RATE: u32 = 1_000;

/// What one address may spend at once.
pub const ADDRESS_BURST: u32 = 5_000;

/// Addresses and accounts whose spending a gateway remembers; the longest idle is forgotten.
pub const LIMIT_TABLE: usize = 65_536;

/// Connections accepted in one turn of the loop, so that a storm never starves panels that are
/// already here.
pub const ACCEPT_QUOTA: usize = 256;

/// Events in one page of the API.
pub const PAGE: usize = 1_000;

/// Panels in one import: the body of one request stays under 64 MiB.
pub const IMPORT_PANELS: usize = 200_000;

/// How long a reader may hold a snapshot of the store; a longer one would keep the write-ahead
/// log from being checkpointed.
pub const READER_SNAPSHOT: Duration = Duration::from_secs(2);

/// A stop in order takes at most this long before the supervisor kills what is left.
pub const STOP: Duration = Duration::from_secs(5);

/// Gateways at most: a full one holds 20,000 connections, so this is beyond a million panels.
pub const GATEWAYS: usize = 256;
