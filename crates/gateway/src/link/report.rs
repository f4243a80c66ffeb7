//! How what panels tell of themselves is spelled on the link.

use bytes::{BufMut, BytesMut};
use model::{
    ConnectionReport, ConnectionState, LinkKind, PanelReport, RebootReason, ReportedPartition,
    StatusReport, ZoneState,
};

use super::codec::{DecodeError, Field, members};
use super::domain::{put_place, take_place};

/// Enumerations, by their places in the model's tables.
macro_rules! places {
    ($($type:ident, $what:literal;)*) => {$(
        impl Field for $type {
            const WHAT: &'static str = $what;

            fn put(&self, out: &mut BytesMut) {
                put_place(out, Self::ALL, self);
            }

            fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
                take_place(input, Self::ALL, Self::WHAT)
            }
        }
    )*};
}

places! {
    LinkKind, "a kind of link";
    ReportedPartition, "what a partition does";
    ZoneState, "what a zone does";
    ConnectionState, "what a connection does";
    RebootReason, "a reason for a start";
}

members! {
    StatusReport, "a status report" {
        at, rssi, link, battery, millivolts, mains, decidegrees, retries, round_trip, uptime,
        partitions, zones, outputs,
    }
    ConnectionReport, "a connection report" { state, boot, firmware, model, reason, at }
}

impl<T: Field> Field for (u16, T) {
    const WHAT: &'static str = T::WHAT;

    fn put(&self, out: &mut BytesMut) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok((Field::take(input)?, Field::take(input)?))
    }
}

impl Field for PanelReport {
    const WHAT: &'static str = "a report";

    fn put(&self, out: &mut BytesMut) {
        match self {
            Self::Status(report) => {
                out.put_u8(0);
                report.put(out);
            }
            Self::Connection(report) => {
                out.put_u8(1);
                report.put(out);
            }
        }
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        match u8::take(input)? {
            0 => Field::take(input).map(Self::Status),
            1 => Field::take(input).map(Self::Connection),
            _ => Err(DecodeError::Invalid { field: Self::WHAT }),
        }
    }
}
