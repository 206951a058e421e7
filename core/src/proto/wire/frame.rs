//! Streams: frames of u32 length and packet, ended by a length of 0.

use super::{DecodeError, MemberRecord, Message, Record};

/// Writes one side of an exchange: any number of records behind one message, split over frames.
#[derive(Debug)]
pub struct FrameWriter<'a> {
    out: &'a mut Vec<u8>,
    cluster_tag: u32,
    message: Message,
    max_frame_bytes: usize,
}

impl<'a> FrameWriter<'a> {
    /// Begins the first frame at the end of `out`; there is always one, even without records.
    /// `max_frame_bytes` is brought between 2048 and [`MAX_FRAME_BYTES`](super::MAX_FRAME_BYTES),
    /// so that any record fits into a frame.
    pub fn new(
        out: &'a mut Vec<u8>,
        cluster_tag: u32,
        message: &Message,
        max_frame_bytes: usize,
    ) -> Self {
        Self {
            out,
            cluster_tag,
            message: *message,
            max_frame_bytes,
        }
    }

    /// Appends a record, in a new frame when the current one is full. False, and nothing is
    /// written, only for a record that can never be encoded.
    pub fn push(&mut self, record: &Record) -> bool {
        let _ = (
            record,
            &self.out,
            self.cluster_tag,
            self.message,
            self.max_frame_bytes,
        );
        todo!()
    }

    /// As [`push`](Self::push), for a member record without its wrapping.
    pub fn push_member(&mut self, member: &MemberRecord) -> bool {
        let _ = member;
        todo!()
    }

    /// Ends the frame and the stream. Without it the receiver never sees the last frame.
    pub fn finish(self) {
        todo!()
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

/// Cuts a stream into frames as its bytes arrive. Holds one frame at most, and never reserves more
/// than twice what has arrived of it.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
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
    /// `Oversized` for a frame over [`MAX_FRAME_BYTES`](super::MAX_FRAME_BYTES), now and at every
    /// later call: close the connection.
    pub fn step<'r>(&'r mut self, input: &mut &[u8]) -> Result<FrameStep<'r>, DecodeError> {
        let _ = (&self.buffer, input);
        todo!()
    }

    /// To be asked when the connection ends.
    ///
    /// # Errors
    /// `Truncated` unless the stream had been ended by its writer.
    pub fn finish(&self) -> Result<(), DecodeError> {
        todo!()
    }
}
