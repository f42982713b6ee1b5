//! Events from a table: a header that names the columns, then one event a line.

use std::path::Path;

use catalogue::read::ReadError;
use model::{CellId, PlmnId, UeLocation};

use super::{Events, EventsBuilder, EventsError, Instant, Notes, lines};

/// The columns, as the header usually has them.
const COLUMNS: [&str; 5] = ["ue", "time", "mcc", "mnc", "nci"];
/// At most so many fields in one line.
const MAX_FIELDS: usize = 64;
/// The longest id, in bytes.
const MAX_ID_BYTES: usize = 256;
/// How many hex digits an `nrCellId` has (TS 29.571 clause 5.4.2).
const NCI_DIGITS: usize = 9;

pub(super) fn read(path: &Path) -> Result<(Events, Notes), ReadError> {
    let mut lines = lines::open(path)?;
    let mut notes = Notes { file: path.into(), ..Notes::default() };
    let columns = loop {
        match lines.next()? {
            None => {
                return Err(lines.refuse(format!("the file is empty; its header is {}", COLUMNS.join(","))));
            }
            Some((_, line)) if line.trim().is_empty() || line.starts_with('#') => continue,
            Some((_, line)) => match Columns::read(line) {
                Ok(columns) => break columns,
                Err(reason) => return Err(lines.refuse(reason)),
            },
        }
    };
    let mut events = EventsBuilder::default();
    while let Some((line, row)) = lines.next()? {
        if row.trim().is_empty() {
            continue;
        }
        notes.rows += 1;
        match columns.event(row) {
            Ok((ue, at, location)) => {
                events.seen(ue, at, location).map_err(|error| too_many(path, &error))?
            }
            Err(reason) => notes.broken(line, reason),
        }
    }
    match events.finish() {
        Ok(events) => {
            notes.ues = events.ues();
            Ok((events, notes))
        }
        Err(_) if notes.broken > 0 => Err(ReadError::Broken {
            file: path.into(),
            broken: notes.broken,
            rows: notes.rows,
            first: notes.first_broken,
        }),
        Err(_) => Err(ReadError::Empty { file: path.into(), what: "events", skipped: String::new() }),
    }
}

fn too_many(path: &Path, error: &EventsError) -> ReadError {
    let (limit, what) = match error {
        EventsError::TooMany(limit, what) => (*limit as u64, *what),
        EventsError::None => (0, "events"),
    };
    ReadError::TooLarge { file: path.into(), limit, what }
}

/// Where each column is.
struct Columns {
    of: [usize; COLUMNS.len()],
    count: usize,
}

type Event<'a> = (&'a str, Instant, Option<UeLocation>);

impl Columns {
    fn read(header: &str) -> Result<Self, String> {
        let example = COLUMNS.join(",");
        let names: Vec<String> = fields(header)?.iter().map(|name| name.to_ascii_lowercase()).collect();
        if names.len() == 1 && header.contains([';', '\t']) {
            return Err(format!("`{}`: separate the fields by commas", cut(header)));
        }
        if let Some(unknown) = names.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
            return Err(format!("`{}` is no column that is known; the header is {example}", cut(unknown)));
        }
        let mut of = [0; COLUMNS.len()];
        for (slot, name) in of.iter_mut().zip(COLUMNS) {
            let mut places = names.iter().enumerate().filter(|(_, n)| *n == name).map(|(place, _)| place);
            *slot = places
                .next()
                .ok_or_else(|| format!("column `{name}` is missing; the header is {example}"))?;
            if places.next().is_some() {
                return Err(format!("column `{name}` is there twice; the header is {example}"));
            }
        }
        Ok(Self { of, count: names.len() })
    }

    fn event<'a>(&self, row: &'a str) -> Result<Event<'a>, String> {
        let fields = fields(row)?;
        if fields.len() != self.count {
            return Err(format!("{} fields, where the header has {}", fields.len(), self.count));
        }
        let [ue, time, mcc, mnc, nci] = self.of.map(|place| fields.get(place).copied().unwrap_or_default());
        if ue.is_empty() {
            return Err("`ue` is empty".into());
        }
        if ue.len() > MAX_ID_BYTES {
            return Err(format!("`ue` has {} bytes; up to {MAX_ID_BYTES} are allowed", ue.len()));
        }
        let at: Instant = time.parse().map_err(|e: super::InstantError| e.to_string())?;
        if mcc.is_empty() && mnc.is_empty() && nci.is_empty() {
            return Ok((ue, at, None));
        }
        let empty = [("mcc", mcc), ("mnc", mnc), ("nci", nci)].into_iter().find(|(_, text)| text.is_empty());
        if let Some((name, _)) = empty {
            return Err(format!("`{name}` is empty; of a UE that is gone, mcc, mnc and nci are"));
        }
        let plmn = PlmnId::new(mcc, mnc).map_err(|e| e.to_string())?;
        if nci.len() != NCI_DIGITS {
            return Err(format!("nci `{}` has not {NCI_DIGITS} hex digits", cut(nci)));
        }
        let cell = CellId::nr(plmn, nci, None).map_err(|e| e.to_string())?;
        Ok((ue, at, Some(UeLocation { cell: Some(cell), tai: None, position: None })))
    }
}

/// The fields of a line, without white space and one pair of quotes around them.
fn fields(line: &str) -> Result<Vec<&str>, String> {
    let fields: Vec<&str> = line.split(',').take(MAX_FIELDS + 1).map(bare).collect();
    if fields.len() > MAX_FIELDS { Err(format!("more than {MAX_FIELDS} fields")) } else { Ok(fields) }
}

fn bare(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(field)
}

/// At most 64 characters, for messages.
fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}
