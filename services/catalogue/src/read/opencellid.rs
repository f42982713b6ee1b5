//! Cells from an export of OpenCelliD (and of what was Mozilla's location service, which wrote the same).
//!
//! `radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal`; the dumps of single
//! countries have no header. Of LTE `cell` is the 28-bit eutraCellId and `area` the TAC of 16 bits, of NR the 36-bit
//! nrCellId and the TAC of 24 bits, all as decimal numbers. Other radios are counted and skipped. People measured these
//! cells: most positions are the middle of where they were heard, and a cell may be there twice, with an older area.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use model::{Cell, CellId, Pin, Position, Tac, Tai};

use super::table::{fields, lines};
use super::{CellDefaults, ReadError, Rows, Take, cut, mnc};

/// The columns, as they stand where there is no header.
const COLUMNS: [&str; 14] = [
    "radio",
    "mcc",
    "net",
    "area",
    "cell",
    "unit",
    "lon",
    "lat",
    "range",
    "samples",
    "changeable",
    "created",
    "updated",
    "averagesignal",
];
/// Those that are used; all but the last must be there.
const USED: [&str; 8] = ["radio", "mcc", "net", "area", "cell", "lon", "lat", "updated"];
/// Radios of other generations, and of things.
const OTHER_RADIOS: [&str; 5] = ["GSM", "UMTS", "CDMA", "NBIOT", "NB-IOT"];

/// Whether the first line of a table is one of such an export.
pub(super) fn recognises(path: &Path, text: &str) -> bool {
    let first = lines(path, text).ok().and_then(|mut lines| lines.next());
    let Some(Ok(fields)) = first.map(|(_, line)| fields(line)) else { return false };
    is_header(&fields) || fields.len() == COLUMNS.len() && fields.first().is_some_and(|f| is_radio(f))
}

fn is_header<T: AsRef<str>>(fields: &[T]) -> bool {
    ["radio", "cell"].iter().all(|name| fields.iter().any(|f| f.as_ref().eq_ignore_ascii_case(name)))
}

fn is_radio(text: &str) -> bool {
    ["LTE", "NR"].iter().chain(&OTHER_RADIOS).any(|radio| text.eq_ignore_ascii_case(radio))
}

pub(super) fn cells(
    path: &Path,
    text: &str,
    defaults: CellDefaults,
    rows: &mut Rows,
    take: Take<'_, Cell>,
) -> Result<(), ReadError> {
    let mut columns = Columns::of(&COLUMNS).map_err(|reason| syntax(path, 1, reason))?;
    let mut found: Vec<Found> = Vec::new();
    let mut known: HashMap<CellId, usize> = HashMap::new();
    for (index, (line, row)) in lines(path, text)?.enumerate() {
        let fields = fields(row);
        if let Some(header) = fields.as_ref().ok().filter(|fields| index == 0 && is_header(fields)) {
            columns = Columns::of(header).map_err(|reason| syntax(path, line, reason))?;
            continue;
        }
        rows.seen()?;
        match fields.and_then(|fields| columns.row(&fields, defaults)) {
            Ok(Row::Cell(cell, updated)) => match known.entry(cell.id) {
                Entry::Vacant(new) => {
                    new.insert(found.len());
                    found.push(Found { line, updated, cell });
                }
                Entry::Occupied(index) => {
                    rows.skip("older entry of a cell");
                    if let Some(older) = found.get_mut(*index.get()).filter(|f| f.updated < updated) {
                        *older = Found { line, updated, cell };
                    }
                }
            },
            Ok(Row::Other(radio)) => rows.skip(radio),
            Err(reason) => take(rows, line, Err(reason)),
        }
    }
    found.into_iter().for_each(|found| take(rows, found.line, Ok(found.cell)));
    Ok(())
}

fn syntax(path: &Path, line: u64, reason: String) -> ReadError {
    ReadError::Syntax { file: path.into(), line, reason }
}

struct Found {
    line: u64,
    updated: u64,
    cell: Cell,
}

enum Row {
    /// With the time of its last change, in seconds since 1970.
    Cell(Cell, u64),
    Other(&'static str),
}

/// Where each of [`USED`] is.
struct Columns {
    of: [Option<usize>; USED.len()],
    count: usize,
}

impl Columns {
    fn of<T: AsRef<str>>(header: &[T]) -> Result<Self, String> {
        let of = USED.map(|name| header.iter().position(|h| h.as_ref().eq_ignore_ascii_case(name)));
        let missing = USED.iter().zip(of).find(|(name, place)| place.is_none() && **name != "updated");
        match missing {
            Some((name, _)) => {
                Err(format!("column `{name}` is missing; OpenCelliD's header is {}", COLUMNS.join(",")))
            }
            None => Ok(Self { of, count: header.len() }),
        }
    }

    fn row<T: AsRef<str>>(&self, fields: &[T], defaults: CellDefaults) -> Result<Row, String> {
        if fields.len() != self.count {
            return Err(format!("{} fields, where there should be {}", fields.len(), self.count));
        }
        let [radio, mcc, net, area, cell, lon, lat, updated] =
            self.of.map(|place| place.and_then(|i| fields.get(i)).map_or("", |f| f.as_ref().trim()));
        let nr = match radio.to_ascii_uppercase().as_str() {
            "NR" => true,
            "LTE" => false,
            other => {
                let known = OTHER_RADIOS.iter().find(|radio| **radio == other);
                return known.map(|radio| Row::Other(radio)).ok_or_else(|| {
                    format!("radio `{}` is not known: LTE and NR are read, the others skipped", cut(radio))
                });
            }
        };
        let plmn = mnc::plmn(mcc, net, defaults.plmn)?;
        let id = if nr {
            CellId::Nr { plmn, nci: whole("cell", cell, 36)?, nid: None }
        } else {
            // It has 28 bits.
            CellId::Eutra { plmn, eci: whole("cell", cell, 28)? as u32, nid: None }
        };
        let degrees = |name: &str, text: &str| {
            text.parse::<f64>().map_err(|_| format!("{name} `{}` is not a number", cut(text)))
        };
        let position =
            Position::new(degrees("lon", lon)?, degrees("lat", lat)?).map_err(|e| e.to_string())?;
        let tac = tac(area, nr)?.or(defaults.tac);
        let tai = tac.map(|tac| Tai { plmn, tac, nid: None });
        Ok(Row::Cell(Cell { id, tai, pin: Pin::Position(position) }, updated.parse().unwrap_or(0)))
    }
}

/// The tracking area code; the first and the last but one value mean that there is none (TS 23.003 clauses 19.4.2.3
/// and 28.6).
fn tac(area: &str, nr: bool) -> Result<Option<Tac>, String> {
    let bits = if nr { 24 } else { 16 };
    let value = whole("area", area, bits)?;
    if value == 0 || value == (1 << bits) - 2 {
        return Ok(None);
    }
    let digits = bits as usize / 4;
    format!("{value:0digits$x}").parse().map(Some).map_err(|e: model::IdentError| e.to_string())
}

/// A decimal number of so many bits.
fn whole(name: &str, text: &str, bits: u32) -> Result<u64, String> {
    let value = text.parse::<u64>().ok().filter(|value| *value >> bits == 0);
    value.ok_or_else(|| format!("{name} `{}` is no whole number of {bits} bits", cut(text)))
}
