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

/// How soon a commit is tried again when the disk is full: often enough that panels notice little
/// when room comes back, and that a stop need not wait for it.
pub const FULL_RETRY: Duration = Duration::from_millis(500);

/// Signals in one commit. At 50,000 a second a gather of 8 ms holds 400; this leaves room for a
/// burst while the transaction stays well under a tenth of a second.
pub const COMMIT_SIGNALS: usize = 1_024;

/// Signals waiting for ingest, per urgency: two full commits, so that the writer never starves.
pub const INGEST_QUEUE: usize = 2 * COMMIT_SIGNALS;

/// Events of our own that may wait for their commit: one full commit, so that a mass outage of
/// 50,000 panels is told in half a second and never crowds out what panels say.
pub const OWN_EVENTS: usize = COMMIT_SIGNALS;

/// Signals a gateway may have unacknowledged: what one commit per 8 ms drains in about 60 ms.
pub const LINK_UNACKNOWLEDGED: usize = 8 * COMMIT_SIGNALS;

/// Octets a gateway may have unacknowledged over its link.
pub const LINK_UNACKNOWLEDGED_BYTES: usize = 64 << 20;

/// The largest link message. The largest DC-09 frame is 4 KiB; the rest is headroom for MQTT.
pub const LINK_FRAME: usize = 64 << 10;

/// Events in one message. Panels send a handful; the rest of a message with more is kept as one
/// event that is not decoded, so that the message stays within [`LINK_FRAME`] and a commit.
pub const MESSAGE_EVENTS: usize = 128;

/// Octets of an event of the panel protocol: its members with the longest text take about 400.
pub const PANEL_EVENT: usize = 4 << 10;

/// Octets of a status report or a word about a connection. A report with every list full takes
/// more in JSON than this; such a panel reports what changed, or sends CBOR.
pub const PANEL_STATUS: usize = 8 << 10;

/// Zones in one status report: 16 times what a standard panel has.
pub const STATUS_ZONES: usize = 256;

/// Partitions, and as many outputs, in one status report.
pub const STATUS_PARTS: usize = 64;

/// Octets of the text of an event: a zone's name, some words.
pub const PANEL_TEXT: usize = 128;

/// Octets of the names of a panel's model and firmware.
pub const PANEL_NAME: usize = 32;

/// How deep lists and objects may lie within a payload, in members that are not known as well. A
/// state in a status report lies at 3; the rest is for members to come.
pub const PANEL_DEPTH: usize = 8;

/// Octets of the reason that a panel is told (MQTT 5, Reason String): it fits one line of a log.
pub const REASON: usize = 128;

/// Questions for an identity that a gateway may have open; as many connections can come in at
/// once as an accept burst allows, and each has at most one question.
pub const LINK_IDENTIFY: usize = 4_096;

/// Identities that a gateway remembers: an expected fleet of 50,000 fits with room.
pub const IDENTITY_CACHE: usize = 65_536;

/// Spellings of one account (by listener, receiver and line) that a gateway remembers: a panel has
/// one, or a few with several receivers; the rest is somebody guessing, and is asked for again.
pub const IDENTITY_VARIANTS: usize = 16;

/// How long a gateway remembers that an account is unknown.
pub const UNKNOWN_ACCOUNT_MEMORY: Duration = Duration::from_secs(5);

/// Frames that one connection may have unanswered. Panels wait for each answer; a hub that
/// pipelines gets a commit's worth of overlap and no more.
pub const SESSION_PIPELINE: usize = 16;

/// Sessions whose work is kept for others when it is done: as many as say something in one turn of a
/// gateway's loop.
pub const SPARE_WORKS: usize = 64;

/// Octets of answers, and of events, beyond which work is not kept for others.
pub const SPARE_WORK_OCTETS: usize = 1 << 10;

/// A connection must show a valid frame of a registered account within this time (R7).
pub const FIRST_FRAME: Duration = Duration::from_secs(20);

/// A frame that was begun must be complete within this time.
pub const FRAME_COMPLETION: Duration = Duration::from_secs(20);

/// Octets of an MQTT packet, its fixed header included: a status report with its topic and
/// properties, twice. A longer one is refused from its first octets.
pub const MQTT_PACKET: u32 = 16 << 10;

/// R28: an event that is not stored within this time ends its MQTT session, since clients send
/// again only after they connected anew.
pub const UNSTORED: Duration = Duration::from_secs(10);

/// After which time a panel may come back that was turned away because we stop or have too much
/// to do: a planned restart is over by then ([`STOP`]).
pub const COMEBACK: Duration = Duration::from_secs(5);

/// A connection whose panel is known may be silent for this long: a day and the hour of grace of
/// SP2 and DP1 (25 h), the longest class for which a permanent connection makes sense.
pub const IDLE_CONNECTION: Duration = Duration::from_hours(25);

/// R2: a signal with the same frame timestamp is a repeat while that timestamp is at most this
/// far from our clock.
pub const REPEAT_BY_TIMESTAMP: Duration = Duration::from_hours(24);

/// R2: a signal with equal content is a repeat within this time, if nothing came between.
pub const REPEAT_BY_CONTENT: Duration = Duration::from_mins(1);

/// R1, R6: an event of our own about suspicious frames is told at most once within this time for
/// each path and kind: a panel whose padding changed says so with every frame.
pub const SECURITY_PERIOD: Duration = Duration::from_hours(1);

/// Paths and kinds that are remembered for [`SECURITY_PERIOD`], 24 octets each: a fleet of 50,000
/// whose every panel is suspicious fits. Beyond it nothing more is told, and that is counted.
pub const SECURITY_TABLE: usize = 65_536;

/// Strangers that the quarantine keeps apart (R6): far more than a person looks at. With their
/// frames they take 30 MiB at the very worst. Beyond it, what comes is only counted.
pub const QUARANTINE_ENTRIES: usize = 10_000;

/// Strangers that one address may bring in: a fleet of a thousand that was moved here before it
/// was registered, behind one carrier NAT, fits; a tenth of the whole is no loss to the others.
pub const QUARANTINE_PER_ADDRESS: usize = QUARANTINE_ENTRIES / 10;

/// Frames kept of a stranger: its poll, its alarm, and one that differs.
pub const QUARANTINE_FRAMES: usize = 3;

/// Octets kept of a stranger's frame. Frames of panels have a few hundred.
pub const QUARANTINE_FRAME: usize = 1 << 10;

/// Addresses kept of a stranger: two paths that roam once each.
pub const QUARANTINE_SOURCES: usize = 4;

/// The least time between two transactions of the quarantine, whatever comes.
pub const QUARANTINE_PERIOD: Duration = Duration::from_secs(1);

/// A stranger of whom nothing came for so long is forgotten: two monthly tests would have come.
pub const QUARANTINE_IDLE: Duration = Duration::from_hours(24 * 30);

/// R7: a flood from one address is told at most once within this time.
pub const FLOOD_PERIOD: Duration = Duration::from_mins(10);

/// Addresses and paths whose flood is remembered for [`FLOOD_PERIOD`]. An attack from more is
/// told by these, and the rest is counted.
pub const FLOOD_TABLE: usize = 1_024;

/// R3: how often an alarm is refused for its time before it is stored all the same.
pub const SKEWED_REFUSALS: u32 = 2;

/// R3: how long refusals of an alarm count. Panels that get no acknowledgement try again within
/// seconds or a minute, and change paths within a few.
pub const SKEWED_MEMORY: Duration = Duration::from_mins(10);

/// Alarms outside the window whose refusals are counted: one of each of 4,096 panels, 64 octets
/// each. When so many panels are wrong at once, it is our clock that is, and none is refused.
pub const SKEWED_SIGNALS: usize = 4_096;

/// R3: for how many seconds panels that leave the window are counted together.
pub const CLOCK_WATCH: usize = 60;

/// R3: fewer panels than this that leave the window say nothing of our clock; as many must agree
/// before it is trusted again.
pub const CLOCK_PANELS: u32 = 20;

/// Our clock jumped if it went further than the monotonic one by more than this within a second:
/// well above what a time service corrects in one step, well below what would be a false NAK.
pub const CLOCK_JUMP: Duration = Duration::from_secs(5);

/// Words about panels' clocks that may wait to be counted: what 50,000 panels say in one second
/// of the busiest day. More are dropped and counted; a sample of so many tells the same.
pub const CLOCK_REPORTS: usize = 8_192;

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

/// A flooding address, or account, is told of once in this time by each gateway (R7).
pub const FLOOD_REPORT: Duration = Duration::from_mins(1);

/// Floods that a gateway remembers to have told of. A flood spends hundreds of frames a second, so
/// that a machine cannot take in many more at once; beyond it one may be told of twice.
pub const FLOODS: usize = 1_024;

/// Connections of flooding addresses get one part in this many of the places for those without
/// identity, so that they make room for each other and not for strangers from elsewhere.
pub const FLOODED_SHARE: usize = 10;

/// Addresses and accounts whose spending a gateway remembers; the longest idle is forgotten.
pub const LIMIT_TABLE: usize = 65_536;

/// Connections accepted in one turn of the loop, so that a storm never starves panels that are
/// already here.
pub const ACCEPT_QUOTA: usize = 256;

/// Datagrams read from one socket in one turn, so that a flood never starves connections; what
/// recvmmsg takes at once may go beyond it.
pub const DATAGRAM_QUOTA: usize = 1_024;

/// Datagrams that a gateway may have unanswered: what its window of signals holds half of, so that
/// datagrams leave room for connections. With their sessions some 4 MiB.
pub const OPEN_DATAGRAMS: usize = LINK_UNACKNOWLEDGED / 2;

/// A datagram that cannot be answered within this time is given up: panels repeat after 1 to 5 s,
/// five times, and have taken their other path by then.
pub const DATAGRAM_TIME: Duration = Duration::from_secs(10);

/// The kernel's buffer for datagrams that wait to be read: a second of 20,000 frames of an ordinary
/// length, with the kernel's own overhead. It may allow less (`net.core.rmem_max`).
pub const DATAGRAM_BUFFER: usize = 16 << 20;

/// Events in one page of the API.
pub const PAGE: usize = 1_000;

/// Panels in one import: the body of one request stays under 64 MiB, and its report, where it is asked for as
/// one document, as well. A larger table comes in several requests; `panel import` cuts it.
pub const IMPORT_PANELS: usize = 200_000;

/// Panels registered in one transaction of an import: long enough that 50,000 panels are 50
/// syncs, short enough that other writers of the state file wait milliseconds.
pub const IMPORT_BATCH: usize = 1_000;

/// Octets of the body of an import.
pub const IMPORT_BYTES: usize = 64 << 20;

/// Imports at a time: each may hold [`IMPORT_BYTES`].
pub const IMPORTS: usize = 2;

/// Octets of the body of any other request; the largest, a panel, has a few hundred.
pub const API_BODY: usize = 64 << 10;

/// The body of a request must be complete within this time.
pub const API_BODY_TIME: Duration = Duration::from_mins(1);

/// Connections of the API at a time; more wait in the backlog. They must leave descriptors to
/// the store and to the links of 256 gateways.
pub const API_CONNECTIONS: usize = 1_024;

/// Streams of events open at a time; the connections left over serve everything else.
pub const API_STREAMS: usize = 512;

/// Events that a stream reads at once: at most half a megabyte each, with all streams at it.
pub const STREAM_PAGE: usize = 256;

/// A stream of events says something at least this often, so that both ends notice when the
/// other is gone.
pub const STREAM_KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Answers begun may go on this long after the API was told to stop; the rest of [`STOP`] is
/// for the store.
pub const API_STOP: Duration = Duration::from_millis(900);

/// A stop in order takes at most this long before the supervisor kills what is left.
pub const STOP: Duration = Duration::from_secs(5);

/// Gateways at most: a full one holds 20,000 connections, so this is beyond a million panels.
pub const GATEWAYS: usize = 256;

/// Appends and probes waiting for the journal's writer. Ingest has one append under way and one
/// being gathered, the prober one probe; the rest is headroom for tools.
pub const JOURNAL_QUEUE: usize = 16;

/// Changes waiting for the writer of the state file. Each is at most [`STATE_BATCH`] panels or
/// one projection, about 5 ms, so that the last in the queue waits a third of a second.
pub const STATE_QUEUE: usize = 64;

/// Panels registered in one transaction: about 5 ms, so that an import of 50,000 never holds the
/// writer of the state file for long.
pub const STATE_BATCH: usize = 250;

/// Threads that answer queries. Two cores are the least machine; a third query goes on while two
/// wait for the disk. Repeats have a thread of their own, which no query can occupy (I9).
pub const READERS: usize = 3;

/// Queries waiting for a reader. The API has far fewer requests in flight.
pub const READER_QUEUE: usize = 256;

/// Read connections kept open for later queries. Each costs up to 2 MiB of cache.
pub const READER_CONNECTIONS: usize = 24;

/// Rows that one query looks at before it answers with what it has and a cursor to go on from:
/// well under two seconds even when every row comes from a slow disk. A longer snapshot would
/// keep the write-ahead log from being carried into its file.
pub const READER_ROWS: usize = 20_000;

/// Rows that retention carries or removes in one transaction, about 20 ms.
pub const ARCHIVE_BATCH: usize = 1_000;

/// Write-ahead log, in octets, that is carried into its file as soon as a commit leaves so much.
/// Larger writes a page that changes often fewer times; smaller makes a signal wait less.
pub const WAL_CHECKPOINT: u64 = 8 << 20;

/// Pairs of path and account that the journal's writer remembers to have listed in the day's
/// file, 24 octets each. Beyond it forgets all, and lists again what it meets.
pub const ORIGINS_REMEMBERED: usize = 1 << 20;

/// The newest events that the journal keeps in memory for those who follow it, under a kilobyte each: half a
/// second with every request of the seed day an event, which is twice what they gather. Who is further behind reads the file.
pub const JOURNAL_TAIL: usize = 4_096;

/// How long after the last event they are shown from memory. Retention goes by days.
pub const JOURNAL_TAIL_TIME: Duration = Duration::from_mins(1);

/// Room on the disk that is kept back, to be freed when the rest is full: enough to carry the
/// write-ahead logs into their files and to go on changing the state file for days.
pub const BALLAST: u64 = 64 << 20;

/// Under load a gateway lets wakeups by sockets gather for this long: fewer wakeups are what is
/// left to win on the hot path. An answer of the engine is never waited for in this way.
pub const WAKE_GATHER: Duration = Duration::from_millis(2);

/// The same while no signal waits for the engine: reports and keep-alives, of which nobody waits for the
/// answer. An alarm that comes first of all is read up to so much later.
pub const WAKE_GATHER_CALM: Duration = Duration::from_millis(4);

/// What a gateway reads from one socket at once; the buffer is shared by the whole loop.
pub const READ_BUFFER: usize = 64 << 10;

/// What a gateway reads at once from a connection without identity: one largest DC-09 frame, so
/// that a tenth of all descriptors, filled by strangers, stays under 10 MiB.
pub const READ_WITHOUT_IDENTITY: usize = 4 << 10;

/// Octets that a connection keeps of what is not complete in TLS: the largest record there can be
/// (RFC 8446 5.2: 2^14 + 256, and its header).
pub const TLS_PARTIAL: usize = (16 << 10) + 256 + 5;

/// The same of a connection without identity: a chain of three certificates with RSA keys of 4,096 bits
/// fits, and a tenth of 20,000 descriptors, filled by strangers, stays under 16 MiB.
pub const TLS_PARTIAL_WITHOUT_IDENTITY: usize = 8 << 10;

/// Connections whose TLS handshake goes on in one turn of the loop, and that may wait for that. One in
/// full costs 300 µs in two steps, so that a turn spends less than 20 ms on newcomers even if
/// it did both.
pub const HANDSHAKE_QUOTA: usize = 64;

/// A stranger whose handshake has begun keeps its place for this long while more come than there are places: a
/// tenth of 20,000 descriptors, at 250 handshakes a second for one gateway of many on few cores, is 8 s.
pub const HANDSHAKE_GRACE: Duration = Duration::from_secs(10);

/// How long it counts that handshakes had to wait for another turn: a storm of returning panels takes
/// 16 s at 3,200 a second, and has pauses.
pub const STRAIN_MEMORY: Duration = Duration::from_secs(10);

/// How long a session ticket is good: keys are changed every six hours, and the one before is
/// still taken.
pub const TICKET_LIFETIME: Duration = Duration::from_hours(12);

/// R11: who may be away for longer than this is asked to come back later while too many come at
/// once; who may not (SP5, DP4 and above, R10) is let in.
pub const HIGH_CLASS_KEEP_ALIVE: Duration = Duration::from_secs(39);

/// The least time after which a panel that was sent away may come back: 16,000 others are let in
/// within it.
pub const SOONEST_RETRY: Duration = Duration::from_secs(5);

/// The longest such time: panels that were sent away together come back spread over it.
pub const LATEST_RETRY: Duration = Duration::from_mins(1);

/// Connections of one gateway that may wait to be told that they are taken over: what a storm of
/// returning panels makes in a second. One beyond lasts until its keep-alive ends.
pub const TAKEOVERS: usize = 4_096;

/// Reports of a gateway whose longest turns are remembered, with [`LINK_PERIOD`] a minute: longer than
/// metrics are mostly asked for.
pub const TURNS_REMEMBERED: usize = 120;

/// Descriptors that a gateway keeps free of connections: link, listeners, files, headroom.
pub const DESCRIPTOR_RESERVE: usize = 500;

/// Connections without identity get one part in this many of the descriptors.
pub const WITHOUT_IDENTITY_SHARE: usize = 10;

/// What a gateway has to tell and nobody waits for, such as that a path has come or gone, may wait so long for
/// company: much less than a panel needs to come again elsewhere.
pub const LINK_MENTION: Duration = Duration::from_millis(10);

/// A gateway tells what it heard and counted, and the engine whether it can store, once in this
/// time: a twentieth of [`PROMISE`], and no more than 500 ms of error in a supervision deadline.
pub const LINK_PERIOD: Duration = Duration::from_millis(500);

/// How long a gateway waits before it takes up a lost link again.
pub const LINK_RETRY: Duration = Duration::from_millis(50);

/// How long a stream may take to say who it is before the engine closes it.
pub const LINK_HELLO: Duration = Duration::from_secs(5);

/// Connections whose order of signals the engine keeps for one gateway: far beyond any limit of
/// descriptors, so that only a gateway gone mad meets it.
pub const LINK_CONNECTIONS: usize = 1 << 20;

/// Paths whose last sign of life is remembered: four times the largest fleet thought of.
pub const PRESENCE_PATHS: usize = 1 << 22;

/// How long a gateway that drains waits for what is not yet committed; with [`GOODBYE`] it stays
/// well within [`STOP`].
pub const DRAIN: Duration = Duration::from_secs(2);

/// How long the last octets to panels may take once a gateway has drained.
pub const GOODBYE: Duration = Duration::from_millis(500);

/// A known panel's silent connection is probed by TCP after this time: often enough to free the
/// descriptors of panels that vanished, at 170 probes a second for 50,000 panels.
pub const KEEPALIVE_IDLE: Duration = Duration::from_mins(5);

/// Time between TCP probes that stay unanswered.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_mins(1);

/// Unanswered TCP probes after which a connection has ended.
pub const KEEPALIVE_PROBES: u32 = 3;

/// How often deadlines of supervision are looked at.
pub const SUPERVISION_TICK: Duration = Duration::from_millis(100);

/// How long after a deadline it is judged: a sign of life is told by its gateway within
/// [`LINK_PERIOD`], and read within the rest. With [`SUPERVISION_TICK`] a loss is on its way to
/// the journal within a second of its deadline.
pub const SUPERVISION_SETTLE: Duration = Duration::from_millis(700);

/// R11: our own tick came so late, or nothing could be stored for so long (R4), that silence may
/// be our fault.
pub const STALL: Duration = Duration::from_secs(5);

/// R11: reports of lost paths are held at least so long after an outage of ours.
pub const SHORTEST_HOLD: Duration = Duration::from_secs(20);

/// R11: and at most so long.
pub const LONGEST_HOLD: Duration = Duration::from_mins(2);

/// A path whose panel said farewell, in a family where that means something, is lost after this
/// time at the latest: long enough to connect again, by another way (R9: roaming).
pub const FAREWELL_GRACE: Duration = Duration::from_secs(10);

/// R10: how often a lost path is reported again.
pub const STILL_LOST_PERIOD: Duration = Duration::from_hours(24);

/// R9: losses of a path within [`FLAPPING_PERIOD`] that are called flapping.
pub const FLAPPING_LOSSES: usize = 5;

/// R9: see [`FLAPPING_LOSSES`].
pub const FLAPPING_PERIOD: Duration = Duration::from_hours(1);

/// R9: panels of a group that must be lost within [`MASS_OUTAGE_PERIOD`] to be a mass outage,
/// and one in [`MASS_OUTAGE_SHARE`] of the group.
pub const MASS_OUTAGE_PANELS: usize = 20;

/// R9: a tenth of a group.
pub const MASS_OUTAGE_SHARE: usize = 10;

/// R9: see [`MASS_OUTAGE_PANELS`].
pub const MASS_OUTAGE_PERIOD: Duration = Duration::from_mins(1);

/// Mass outages that are remembered for people to look at; the oldest is forgotten.
pub const MASS_OUTAGES: usize = 64;

/// Own events of supervision that may be on their way to the journal: two full commits, so that
/// the loss of 50,000 paths at once is stored in fifty.
pub const SUPERVISION_REPORTS: usize = 2 * COMMIT_SIGNALS;

/// How soon a report that could not be stored is tried again.
pub const SUPERVISION_RETRY: Duration = Duration::from_secs(1);

/// How often it is written down that we live, so that an outage after an unclean stop is known to
/// this much; one small commit.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// Paths whose last sign of life stands in one row: 2 KiB.
pub const PRESENCE_ROW: usize = 512;
/// Paths whose habits may wait to be stored: a whole fleet that is learned anew at once, 64 octets
/// each. What is learned beyond is counted and learned again with a later connection.
pub const LEARNED: usize = 1 << 16;

/// How long losses are kept once they are over, to compute availability from: two years and a
/// month, for reports by year (R33).
pub const FAULTS_KEPT: Duration = Duration::from_hours(24 * 762);

/// How often the files of TLS are looked at: an operator's new certificate, or a longer revocation
/// list, is in force within a minute, and in a second by `tls reload`.
pub const TLS_LOOK: Duration = Duration::from_mins(1);

/// How long a key seals session tickets before another takes its place. Its tickets are taken for
/// as long again, so that a panel that connects twice a day resumes, and a key that leaks opens half
/// a day.
pub const TICKET_KEY_LIFE: Duration = Duration::from_hours(6);

/// Keys whose tickets are taken: the one in use and the one before.
pub const TICKET_KEYS: usize = 2;

/// For how long a panel's certificate is made, unless somebody says otherwise.
pub const CERTIFICATE_VALID: Duration = Duration::from_hours(24 * 730);

/// For how long a panel's certificate can be made: the life of the hardware.
pub const CERTIFICATE_LONGEST: Duration = Duration::from_hours(24 * 3_650);

/// Certificates of one path that may be in force: the one in use and its successor are two; the
/// rest are those that nobody revoked.
pub const PATH_CERTIFICATES: usize = 16;

/// R27: for how long after its end a panel's certificate still lets alarms in.
pub const EXPIRED_ADMITTED: Duration = Duration::from_hours(24 * 90);

/// Orders to read the files of TLS again that may wait: people give them, one at a time.
pub const TLS_RELOADS: usize = 8;

/// Events of our own that services which never wait may have waiting for their turn: one of each path of a
/// fleet of 50,000, 64 octets each. Beyond it they are counted.
pub const OUTBOX: usize = 1 << 16;

/// R9: takeovers of a path within [`CLONE_PERIOD`] that make a clone, if its lives are two.
pub const CLONE_TAKEOVERS: usize = 3;

/// R9: see [`CLONE_TAKEOVERS`].
pub const CLONE_PERIOD: Duration = Duration::from_mins(10);

/// R9: how long a path is doubted after a clone was last suspected, unless a person has looked at it: somebody
/// looks within a day.
pub const CLONE_DOUBT: Duration = Duration::from_hours(24);

/// Paths whose takeovers are remembered for [`CLONE_PERIOD`], and paths that are doubted, 100 octets each: a
/// fleet of 50,000 fits, should all its panels be taken over at once after an outage. Beyond it is counted.
pub const SUSPECTS: usize = 1 << 16;

/// R12: how long users have to disarm, where the panel does not say.
pub const ENTRY_DELAY: Duration = Duration::from_secs(45);

/// R12: how long after the end of an entry delay a disarm, an alarm or a link is waited for.
pub const ENTRY_GRACE: Duration = Duration::from_secs(10);

/// R12: for how much longer a panel is waited for whose silence means nothing yet, since it is heard seldom:
/// one and a half keep-alives of SP4. Panels heard more seldom than that are not waited for.
pub const ENTRY_POSTPONED: Duration = Duration::from_mins(2);

/// How much of the journal before the newest event is read after a restart for entries that run: the longest
/// entry delay that a panel can report is an hour.
pub const ENTRY_MEMORY: Duration = Duration::from_mins(65);

/// Entries that are watched at a time, 100 octets each: a fleet of 50,000 whose every panel is entered at once
/// fits. Beyond it a panel is not watched for a crash, and that is logged.
pub const ENTRIES: usize = 1 << 16;

/// Octets of a file of TLS: a revocation list with an entry for every panel of the fleet has a tenth of it.
pub const TLS_FILE: u64 = 16 << 20;

/// Octets of all certificates that gateways are handed: they cross the link as one message, with a key and
/// the keys of tickets. A chain and some thirty authorities fit.
pub const TLS_CERTIFICATES: usize = LINK_FRAME - (12 << 10);

/// Certificates that operators' revocation lists may name, each under two spellings of its authority: twice
/// the fleet. They take some 30 MiB in the engine.
pub const REVOKED: usize = 200_000;

/// Partitions, zones and outputs that are kept of what a panel reports by a path: as many as one report may have.
pub const REPORTED_POINTS: usize = 256 + 64 + 64;

/// Hours of trends that may wait to be written, 120 octets each: two hours of a fleet of 50,000, while the store
/// cannot write. Beyond it they are counted.
pub const TRENDS_WAITING: usize = 1 << 17;

/// The least time between two transactions of trends.
pub const CONDITION_PERIOD: Duration = Duration::from_secs(1);

/// Rows of trends and connections in one transaction, of which there is one in [`CONDITION_PERIOD`]: some 20 ms.
/// What 1,000 panels that come in a second say of themselves is written as fast as they come, the hours of
/// 50,000 paths within a minute, and those of a million before the next hour is over.
pub const CONDITION_BATCH: usize = 1_000;

/// How long trends are kept by the hour. A fleet of 50,000 has 2.4 million such rows, 250 MB.
pub const TREND_HOURS: Duration = Duration::from_hours(48);

/// How long trends are kept by the day.
pub const TREND_DAYS: Duration = Duration::from_hours(24 * 90);

/// How long mass outages are shown once they are over.
pub const INCIDENTS_KEPT: Duration = Duration::from_hours(24);

/// Losses of the last day that are read after a restart, to know what was lost at once and who is flapping: a
/// fleet of 50,000 that is lost five times. Of more the newest count.
pub const LOSSES_RECALLED: usize = 250_000;

/// A turn of a gateway's loop that takes longer than this makes panels wait that should not.
pub const LOOP_DELAY: Duration = Duration::from_millis(500);

/// Periods of [`LINK_PERIOD`] in a row with such a turn that are told: one alone is a disk or a neighbour.
pub const LOOP_DELAYED: u32 = 3;

/// Refused handshakes within [`HANDSHAKES_PERIOD`] beyond which they are told: somebody is trying, or a fleet has
/// the wrong certificates.
pub const HANDSHAKES_REFUSED: u64 = 100;

/// See [`HANDSHAKES_REFUSED`].
pub const HANDSHAKES_PERIOD: Duration = Duration::from_mins(1);

/// Trouble of ours is told at most once within this time, of each kind and gateway.
pub const HEALTH_PERIOD: Duration = Duration::from_mins(10);

/// How often the operating system is asked what our processes take: a few dozen small reads of kernel memory, under a
/// millisecond.
pub const USAGE_PERIOD: Duration = Duration::from_secs(5);

/// People who look are shown what is at most so old; then the operating system is asked again.
pub const USAGE_FRESH: Duration = Duration::from_secs(1);

/// How often it is measured how late the engine's runtime wakes a task: some 20 µs each time.
pub const RUNTIME_PROBE: Duration = Duration::from_millis(250);

/// With fewer paths than this, memory divided by paths says how large the program is, and nothing of paths.
pub const MEMORY_TOLD: u64 = 10_000;
