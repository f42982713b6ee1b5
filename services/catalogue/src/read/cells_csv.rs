//! Cells from a table: a header that names the columns, then one cell a line.

use std::path::Path;

use model::{Cell, CellId, Pin, PlmnId, Position, Tac, Tai};

use super::table::{fields, lines, no_header};
use super::{CellDefaults, ReadError, Rows, Take};

/// The columns that are known.
const COLUMNS: [&str; 7] = ["mcc", "mnc", "nci", "eci", "tac", "lon", "lat"];
/// A header as it is usually written.
const HEADER: &str = "mcc,mnc,nci,tac,lon,lat";

/// Where each column is.
struct Columns {
    of: [Option<usize>; COLUMNS.len()],
    count: usize,
}

pub(super) fn cells(
    path: &Path,
    text: &str,
    defaults: CellDefaults,
    rows: &mut Rows,
    take: Take<'_, Cell>,
) -> Result<(), ReadError> {
    let refuse = |line, reason: String| ReadError::Syntax { file: path.into(), line, reason };
    let mut lines = lines(path, text)?;
    let Some((line, header)) = lines.next() else { return Err(refuse(1, format!("no header: {HEADER}"))) };
    let columns = Columns::read(header, defaults).map_err(|reason| refuse(line, reason))?;
    for (line, row) in lines {
        rows.seen()?;
        take(rows, line, columns.cell(row, defaults));
    }
    Ok(())
}

impl Columns {
    fn read(header: &str, defaults: CellDefaults) -> Result<Self, String> {
        let names: Vec<String> = fields(header)?.iter().map(|n| n.to_ascii_lowercase()).collect();
        if let Some(reason) = no_header(header, &names, HEADER) {
            return Err(reason);
        }
        if let Some(unknown) = names.iter().find(|n| !COLUMNS.contains(&n.as_str())) {
            let unknown = super::cut(unknown);
            return Err(format!("column `{unknown}` is not known; known are {}", COLUMNS.join(", ")));
        }
        let mut of = [None; COLUMNS.len()];
        for (slot, name) in of.iter_mut().zip(COLUMNS) {
            let mut places = names.iter().enumerate().filter(|(_, n)| *n == name).map(|(i, _)| i);
            *slot = places.next();
            if places.next().is_some() {
                return Err(format!("column `{name}` is there twice"));
            }
        }
        let columns = Self { of, count: names.len() };
        let needed: &[&str] =
            if defaults.plmn.is_some() { &["lon", "lat"] } else { &["mcc", "mnc", "lon", "lat"] };
        if let Some(missing) = needed.iter().find(|name| columns.place(name).is_none()) {
            return Err(format!("column `{missing}` is missing; the header is {HEADER}"));
        }
        if columns.place("nci").is_none() && columns.place("eci").is_none() {
            return Err(format!("column `nci` is missing; the header is {HEADER}"));
        }
        Ok(columns)
    }

    fn place(&self, name: &str) -> Option<usize> {
        COLUMNS.iter().position(|c| *c == name).and_then(|i| self.of[i])
    }

    fn cell(&self, row: &str, defaults: CellDefaults) -> Result<Cell, String> {
        let fields = fields(row)?;
        if fields.len() != self.count {
            return Err(format!("{} fields, where the header has {}", fields.len(), self.count));
        }
        let field = |name: &str| {
            self.place(name).and_then(|i| fields.get(i)).map(|f| f.trim()).filter(|f| !f.is_empty())
        };
        let plmn = match (field("mcc"), field("mnc"), defaults.plmn) {
            (Some(mcc), Some(mnc), _) => PlmnId::new(mcc, mnc).map_err(|e| e.to_string())?,
            (None, None, Some(plmn)) => plmn,
            (None, ..) => return Err("`mcc` is empty".into()),
            (_, None, _) => return Err("`mnc` is empty".into()),
        };
        let id = match (field("nci"), field("eci")) {
            (Some(nci), None) => CellId::nr(plmn, nci, None),
            (None, Some(eci)) => CellId::eutra(plmn, eci, None),
            (None, None) => return Err("`nci` is empty".into()),
            (Some(_), Some(_)) => {
                return Err("`nci` and `eci` in one row: a cell is either NR or E-UTRA".into());
            }
        };
        let id = id.map_err(|e| e.to_string())?;
        let number = |name: &str| {
            let text = field(name).ok_or_else(|| format!("`{name}` is empty"))?;
            text.parse::<f64>().map_err(|_| format!("{name} `{}` is not a number", super::cut(text)))
        };
        let position = Position::new(number("lon")?, number("lat")?).map_err(|e| e.to_string())?;
        let tac = match field("tac") {
            Some(tac) => Some(tac.parse::<Tac>().map_err(|e| e.to_string())?),
            None => defaults.tac,
        };
        Ok(Cell { id, tai: tac.map(|tac| Tai { plmn, tac, nid: None }), pin: Pin::Position(position) })
    }
}
