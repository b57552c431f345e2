//! A text file as rows: decoded as it is read, parted into rows of bounded length, each with the line on which it begins.

use super::error::ImportError;
use super::mapping::Encoding;
use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8};
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

/// The longest row in bytes.
const LONGEST: u64 = 256 * 1024;
/// How many lines a quoted cell may span.
const SPAN: u32 = 50;

/// The logical rows of a text: lines, joined where a quoted cell goes on.
pub(super) struct Lines {
    reader: BufReader<Decoded>,
    encoding: Encoding,
    /// Lines read so far.
    number: u32,
}

impl Lines {
    pub(super) fn open(path: &Path, encoding: Encoding) -> Result<Self, ImportError> {
        let file = File::open(path).map_err(|error| ImportError::Open { path: path.to_owned(), error })?;
        Self::of(Box::new(file), encoding)
    }

    /// The rows of a text wherever it comes from.
    pub(super) fn of(text: Box<dyn Read + Send>, encoding: Encoding) -> Result<Self, ImportError> {
        let mut file = BufReader::new(text);
        let start = file.fill_buf().map_err(|error| ImportError::Read { line: 1, error })?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            let remedy = "it is UTF-16: save it as CSV UTF-8";
            return Err(ImportError::Encoding { line: 1, encoding: encoding.name(), remedy });
        }
        Ok(Self { reader: BufReader::new(Decoded::new(file, encoding)), encoding, number: 0 })
    }

    /// The next row that is not blank, with the line on which it begins.
    pub(super) fn next_row(&mut self) -> Result<Option<(u32, String)>, ImportError> {
        loop {
            let mut text = String::new();
            if !self.line(&mut text)? {
                return Ok(None);
            }
            let first = self.number;
            while !text.matches('"').count().is_multiple_of(2) {
                if self.number - first >= SPAN {
                    return Err(ImportError::Quote { line: first, most: "50 lines" });
                }
                if !self.line(&mut text)? {
                    return Err(ImportError::Quote { line: first, most: "the rest of the file" });
                }
            }
            let end = text.trim_end_matches(['\r', '\n']).len();
            text.truncate(end);
            if !text.trim().is_empty() {
                return Ok(Some((first, text)));
            }
        }
    }

    /// Appends one line; false at the end.
    fn line(&mut self, text: &mut String) -> Result<bool, ImportError> {
        let line = self.number.saturating_add(1);
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(LONGEST).read_until(b'\n', &mut bytes);
        let read = read.map_err(|error| match error.kind() {
            ErrorKind::InvalidData => {
                ImportError::Encoding { line, encoding: self.encoding.name(), remedy: self.encoding.remedy() }
            }
            _ => ImportError::Read { line, error },
        })?;
        if read == 0 {
            return Ok(false);
        }
        self.number = line;
        let long = bytes.len() as u64 == LONGEST || (text.len() + bytes.len()) as u64 > LONGEST;
        let piece = String::from_utf8(bytes);
        match piece {
            Ok(piece) if !long => text.push_str(&piece),
            _ => {
                let words = "the row is longer than 256 KB; is it a table of one row a line?".to_owned();
                return Err(ImportError::Row { line, words });
            }
        }
        Ok(true)
    }
}

/// A file's bytes as UTF-8. What is not in its encoding is an error of kind `InvalidData`, told only after all that came
/// before it was handed out.
struct Decoded {
    file: BufReader<Box<dyn Read + Send>>,
    decoder: Decoder,
    finished: bool,
    broken: bool,
}

impl Decoded {
    fn new(file: BufReader<Box<dyn Read + Send>>, encoding: Encoding) -> Self {
        let decoder = match encoding {
            Encoding::Utf8 => UTF_8.new_decoder_with_bom_removal(),
            Encoding::Gb18030 => GB18030.new_decoder_with_bom_removal(),
        };
        Self { file, decoder, finished: false, broken: false }
    }
}

impl Read for Decoded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.finished && !self.broken {
            let bytes = self.file.fill_buf()?;
            let last = bytes.is_empty();
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(bytes, out, last);
            self.file.consume(read);
            match result {
                DecoderResult::InputEmpty => self.finished = last,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.broken = true,
            }
            if written > 0 {
                return Ok(written);
            }
            if result == DecoderResult::OutputFull {
                return Err(io::Error::other("the buffer is too small"));
            }
        }
        if self.broken { Err(ErrorKind::InvalidData.into()) } else { Ok(0) }
    }
}
