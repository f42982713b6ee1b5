//! Walks through XML as a stream: counts lines, bounds depth and the size of elements.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Error as XmlError, Reader, XmlVersion, escape};

use super::ReadError;
use super::input::Input;

/// SUMO nests three levels, GPX five and what its extensions bring.
const MAX_DEPTH: usize = 16;

/// Whether the rest is worth reading.
#[derive(PartialEq, Eq)]
pub(super) enum Go {
    On,
    Enough,
}

/// What looks at the elements.
pub(super) trait Visitor {
    /// An element begins.
    fn start(&mut self, element: &BytesStart<'_>, line: u64) -> Result<Go, ReadError>;

    /// The innermost element ends.
    fn end(&mut self) -> Result<(), ReadError> {
        Ok(())
    }

    /// A piece of the innermost element's text; one text may come in several.
    fn text(&mut self, _piece: &str) {}

    /// A comment.
    fn comment(&mut self, _text: &str, _line: u64) -> Result<(), ReadError> {
        Ok(())
    }
}

/// Shows all of `input` to `visitor`, or as much as it wants; the line where that ended.
pub(super) fn walk(input: Input, visitor: &mut impl Visitor) -> Result<u64, ReadError> {
    let (failed, file) = (input.failed(), input.file.clone());
    let syntax = |line, reason: String| ReadError::Syntax { file: file.clone(), line, reason };
    let mut reader = Reader::from_reader(input.counted());
    let mut buffer = Vec::new();
    let mut depth = 0usize;
    loop {
        buffer.clear();
        reader.get_mut().element();
        // An element's line is where the text before it ended.
        let line = reader.get_ref().line;
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(XmlError::Io(e)) => return Err(failed(std::io::Error::new(e.kind(), e.to_string()))),
            Err(e) => return Err(syntax(line, e.to_string())),
        };
        let go = match event {
            Event::Start(start) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(syntax(line, "elements are nested too deeply for a trace".into()));
                }
                visitor.start(&start, line)?
            }
            Event::Empty(start) => {
                let go = visitor.start(&start, line)?;
                visitor.end()?;
                go
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                visitor.end()?;
                Go::On
            }
            Event::Text(text) => {
                visitor.text(&text);
                Go::On
            }
            Event::CData(text) => {
                visitor.text(&text);
                Go::On
            }
            Event::GeneralRef(name) => {
                resolved(&name, |piece| visitor.text(piece));
                Go::On
            }
            Event::Comment(text) => {
                visitor.comment(&text, line)?;
                Go::On
            }
            Event::Eof if depth > 0 => {
                return Err(syntax(line, "the file ends inside an element: it is truncated".into()));
            }
            Event::Eof => Go::Enough,
            Event::Decl(_) | Event::PI(_) | Event::DocType(_) => Go::On,
        };
        if go == Go::Enough {
            return Ok(reader.into_inner().line);
        }
    }
}

/// The root element of a document of which this is the beginning, without its prefix.
pub(super) fn root(head: &str) -> Option<String> {
    let mut reader = Reader::from_str(head);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => return Some(cut(start.local_name().as_ref())),
            Event::Eof => return None,
            Event::End(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

/// The five entities of XML and numbered characters; others would have to be declared, and are not followed.
fn resolved(name: &BytesRef<'_>, mut then: impl FnMut(&str)) {
    match name.resolve_char_ref() {
        Ok(Some(char)) => then(char.encode_utf8(&mut [0; 4])),
        Ok(None) | Err(_) => {
            if let Some(text) = escape::resolve_predefined_entity(name) {
                then(text);
            }
        }
    }
}

/// The value of an attribute that must be there.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Result<String, String> {
    let element = start.name();
    let found = start.try_get_attribute(name).map_err(|e| e.to_string())?;
    let found = found.ok_or_else(|| format!("<{}> has no `{name}`", cut(element.as_ref())))?;
    let value = found.normalized_value(XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
    Ok(value.into_owned())
}

/// An attribute that is a number.
pub(super) fn number(start: &BytesStart<'_>, name: &str) -> Result<f64, String> {
    let text = attribute(start, name)?;
    text.trim().parse::<f64>().map_err(|_| format!("{name} `{}` is not a number", cut(&text)))
}

/// At most 64 characters, for messages.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}
