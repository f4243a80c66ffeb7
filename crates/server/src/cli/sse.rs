//! Server-Sent Events (WHATWG HTML 9.2.6), as far as `event tail` needs them: numbers and data.

use std::io::{self, BufRead, Read};

/// The longest line that is read. An event with its personal data is far shorter; anything
/// longer is not our server.
const LINE: u64 = 1 << 20;

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its data; empty if only the number moved on.
    pub(super) data: String,
    /// The last number that the stream named, to go on after it.
    pub(super) id: Option<u64>,
}

/// Reads a stream.
#[derive(Debug)]
pub(super) struct Reader<R> {
    lines: R,
    id: Option<u64>,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(lines: R) -> Self {
        Self { lines, id: None }
    }

    /// The next event, or a moved number; `None` at the end of the stream.
    pub(super) fn next(&mut self) -> io::Result<Option<Frame>> {
        let mut data = String::new();
        let mut moved = false;
        while let Some(line) = self.line()? {
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" if line.is_empty() && (moved || !data.is_empty()) => {
                    return Ok(Some(Frame { data, id: self.id }));
                }
                "data" => {
                    if !data.is_empty() {
                        data.push('\n');
                    }
                    data.push_str(value);
                }
                "id" => {
                    self.id = value.parse().ok().or(self.id);
                    moved = true;
                }
                // A comment, which keeps the connection alive, and fields that nobody needs.
                _ => {}
            }
        }
        Ok(None)
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let read = self
            .lines
            .by_ref()
            .take(LINE)
            .read_until(b'\n', &mut line)?;
        if line.pop_if(|last| *last == b'\n').is_none() {
            if u64::try_from(read).is_ok_and(|read| read >= LINE) {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "an endless line",
                ));
            }
            // What ends within a line is not an event.
            return Ok(None);
        }
        line.pop_if(|last| *last == b'\r');
        String::from_utf8(line)
            .map(Some)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(stream: &str) -> Vec<Frame> {
        let mut reader = Reader::new(stream.as_bytes());
        let mut frames = Vec::new();
        while let Some(frame) = reader.next().unwrap() {
            frames.push(frame);
        }
        frames
    }

    fn frame(data: &str, id: Option<u64>) -> Frame {
        Frame {
            data: data.to_owned(),
            id,
        }
    }

    #[test]
    fn events_are_told_apart_and_comments_are_left_out() {
        let stream = ": watchfire\nretry: 2000\n\nid: 7\nevent: event\ndata: {}\n\n:\n\nid:8\r\ndata:a\r\ndata: b\r\n\r\n";
        assert_eq!(
            frames(stream),
            [frame("{}", Some(7)), frame("a\nb", Some(8))]
        );
    }

    #[test]
    fn a_number_without_data_moves_the_place_to_go_on() {
        assert_eq!(
            frames("id: 900\n\ndata: x\n\n"),
            [frame("", Some(900)), frame("x", Some(900))]
        );
    }

    #[test]
    fn what_was_cut_off_is_no_event() {
        assert_eq!(frames("id: 7\ndata: {}\n"), []);
        assert_eq!(
            frames("id: 7\ndata: {}\n\nid: 8\ndata: {"),
            [frame("{}", Some(7))]
        );
    }

    #[test]
    fn an_endless_line_is_an_error_and_not_all_memory() {
        let mut reader = Reader::new(io::BufReader::new(io::repeat(b'x')));
        assert!(reader.next().is_err());
    }
}
