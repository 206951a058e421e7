//! Streams: frames of u32 length and packet, ended by a length of 0.

use super::encode::{Body, body_of, put_start};
use super::{DecodeError, MAX_FRAME_BYTES, MemberRecord, Message, Record};

/// Any record fits into a frame of this size, behind its message.
const MIN_FRAME_BYTES: usize = 2048;

/// Bytes of a frame's length.
const PREFIX_BYTES: usize = 4;

/// Writes one side of an exchange: any number of records behind one message, split over frames.
#[derive(Debug)]
pub struct FrameWriter<'a> {
    out: &'a mut Vec<u8>,
    cluster_tag: u32,
    message: Message,
    max_frame_bytes: usize,
    /// Where the length of the current frame is in `out`.
    prefix: usize,
}

impl<'a> FrameWriter<'a> {
    /// Begins the first frame at the end of `out`; there is always one, even without records.
    /// `max_frame_bytes` is brought between 2048 and [`MAX_FRAME_BYTES`],
    /// so that any record fits into a frame.
    pub fn new(
        out: &'a mut Vec<u8>,
        cluster_tag: u32,
        message: &Message,
        max_frame_bytes: usize,
    ) -> Self {
        let max_frame_bytes = max_frame_bytes.clamp(MIN_FRAME_BYTES, MAX_FRAME_BYTES);
        let mut writer = Self { out, cluster_tag, message: *message, max_frame_bytes, prefix: 0 };
        writer.open_frame();
        writer
    }

    /// Appends a record, in a new frame when the current one is full. False, and nothing is
    /// written, only for a record that can never be encoded.
    pub fn push(&mut self, record: &Record) -> bool {
        self.push_body(body_of(record))
    }

    /// As [`push`](Self::push), for a member record without its wrapping.
    pub fn push_member(&mut self, member: &MemberRecord) -> bool {
        self.push_body(Body::member(member))
    }

    /// Ends the frame and the stream. Without it the bytes are not a stream.
    pub fn finish(mut self) {
        self.close_frame();
        self.out.extend_from_slice(&[0; PREFIX_BYTES]);
    }

    fn push_body(&mut self, body: Option<Body<'_>>) -> bool {
        let Some(body) = body else { return false };
        if self.frame_len() + body.record_len() > self.max_frame_bytes {
            self.close_frame();
            self.open_frame();
        }
        body.put_record(self.out);
        true
    }

    fn frame_len(&self) -> usize {
        self.out.len() - self.prefix - PREFIX_BYTES
    }

    fn open_frame(&mut self) {
        self.prefix = self.out.len();
        self.out.extend_from_slice(&[0; PREFIX_BYTES]);
        put_start(self.out, self.cluster_tag, &self.message);
    }

    fn close_frame(&mut self) {
        // A frame has at most 65 536 bytes.
        let length = self.frame_len() as u32;
        if let Some(prefix) = self.out.get_mut(self.prefix..self.prefix + PREFIX_BYTES) {
            prefix.copy_from_slice(&length.to_le_bytes());
        }
    }
}

/// What a [`FrameReader`] found in the bytes so far.
#[derive(Debug, PartialEq, Eq)]
pub enum FrameStep<'a> {
    /// A whole frame, for [`Packet::decode`](super::Packet::decode).
    Frame(&'a [u8]),
    /// All input is taken and no frame is complete.
    More,
    /// The stream ended as it should; what is left of the input is not part of it.
    End,
}

/// Cuts a stream into frames as its bytes arrive. Holds one frame and its length at most, and
/// reserves memory by what has arrived, never by what a length announces.
#[derive(Debug, Default)]
pub struct FrameReader {
    /// The current frame from its length on.
    buffer: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Filling,
    /// The buffer holds a frame that the caller has seen.
    Delivered,
    Ended,
    Oversized,
}

impl FrameReader {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes from the front of `input` what the current frame lacks. Call it until it says `More`
    /// (then feed what arrives next) or `End`.
    ///
    /// # Errors
    /// `Oversized` for a frame over [`MAX_FRAME_BYTES`], now and at every later call: close the
    /// connection.
    pub fn step<'r>(&'r mut self, input: &mut &[u8]) -> Result<FrameStep<'r>, DecodeError> {
        match self.state {
            State::Filling => {}
            State::Delivered => {
                self.buffer.clear();
                self.state = State::Filling;
            }
            State::Ended => return Ok(FrameStep::End),
            State::Oversized => return Err(DecodeError::Oversized),
        }
        self.fill(PREFIX_BYTES, input);
        let Some((prefix, _)) = self.buffer.split_first_chunk::<PREFIX_BYTES>() else {
            return Ok(FrameStep::More);
        };
        let length = usize::try_from(u32::from_le_bytes(*prefix)).unwrap_or(usize::MAX);
        if length == 0 {
            self.buffer = Vec::new();
            self.state = State::Ended;
            return Ok(FrameStep::End);
        }
        if length > MAX_FRAME_BYTES {
            self.buffer = Vec::new();
            self.state = State::Oversized;
            return Err(DecodeError::Oversized);
        }
        self.fill(PREFIX_BYTES + length, input);
        match self.buffer.get(PREFIX_BYTES..PREFIX_BYTES + length) {
            Some(frame) => {
                self.state = State::Delivered;
                Ok(FrameStep::Frame(frame))
            }
            None => Ok(FrameStep::More),
        }
    }

    /// To be asked when the connection ends.
    ///
    /// # Errors
    /// `Truncated` unless the writer had ended the stream; `Oversized` when that was the trouble.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.state {
            State::Ended => Ok(()),
            State::Oversized => Err(DecodeError::Oversized),
            State::Filling | State::Delivered => Err(DecodeError::Truncated),
        }
    }

    /// Moves input to the buffer until it holds `wanted` bytes or the input is used up.
    fn fill(&mut self, wanted: usize, input: &mut &[u8]) {
        let lacking = wanted.saturating_sub(self.buffer.len());
        let (taken, rest) = input.split_at(lacking.min(input.len()));
        self.buffer.extend_from_slice(taken);
        *input = rest;
    }
}
