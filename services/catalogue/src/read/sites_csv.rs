//! Sites from a table: a header that names the columns, then one site a line.
//!
//! Registers of base stations come this way, with columns of their own beside those that are used here (the EUA
//! data set's sites, from the register of the ACMA, have `SITE_ID`, `LATITUDE`, `LONGITUDE` and `NAME`).

use std::path::Path;

use super::table::{fields, lines, no_header};
use super::{ReadError, Rows, SiteRow, Take, cut};

/// A header as it is usually written.
const HEADER: &str =
    "id,lon,lat,name,provider,cluster,ingress,labels,max_instances,tier,high,low,tenants,cost";
/// How each of these columns may be called, in any case; all but the first three may be absent.
const COLUMNS: [&[&str]; 14] = [
    &["id", "site_id", "site"],
    &["lon", "longitude", "lng"],
    &["lat", "latitude"],
    &["name", "site_name"],
    &["provider"],
    &["cluster"],
    &["ingress"],
    &["labels"],
    &["max_instances"],
    &["tier"],
    &["high"],
    &["low"],
    &["tenants"],
    &["cost"],
];

/// Where each column is.
struct Columns {
    of: [Option<usize>; COLUMNS.len()],
    count: usize,
}

pub(super) fn sites(
    path: &Path,
    text: &str,
    rows: &mut Rows,
    take: Take<'_, SiteRow>,
) -> Result<(), ReadError> {
    let refuse = |line, reason: String| ReadError::Syntax { file: path.into(), line, reason };
    let mut lines = lines(path, text)?;
    let Some((line, header)) = lines.next() else { return Err(refuse(1, format!("no header: {HEADER}"))) };
    let columns = Columns::read(header, rows).map_err(|reason| refuse(line, reason))?;
    for (line, row) in lines {
        rows.seen()?;
        take(rows, line, columns.site(row));
    }
    Ok(())
}

impl Columns {
    fn read(header: &str, rows: &mut Rows) -> Result<Self, String> {
        let names: Vec<String> = fields(header)?.iter().map(|n| n.to_ascii_lowercase()).collect();
        if let Some(reason) = no_header(header, &names, HEADER) {
            return Err(reason);
        }
        let mut of = [None; COLUMNS.len()];
        for (place, name) in names.iter().enumerate() {
            let Some(column) = COLUMNS.iter().position(|known| known.contains(&name.as_str())) else {
                rows.skip(&format!("column `{}`", cut(name)));
                continue;
            };
            if of[column].replace(place).is_some() {
                let known = COLUMNS[column].join("` or `");
                return Err(format!("there are two columns `{known}`: one is wanted"));
            }
        }
        let cells = ["nci", "eci", "mcc"].iter().any(|name| names.iter().any(|n| n == name));
        let missing = COLUMNS.iter().zip(of).take(3).find(|(_, place)| place.is_none());
        if let Some((known, _)) = missing {
            let hint = if cells { "; this looks like a table of cells" } else { "" };
            return Err(format!("column `{}` is missing; the header is {HEADER}{hint}", known[0]));
        }
        Ok(Self { of, count: names.len() })
    }

    fn site(&self, row: &str) -> Result<SiteRow, String> {
        let fields = fields(row)?;
        if fields.len() != self.count {
            return Err(format!("{} fields, where the header has {}", fields.len(), self.count));
        }
        let [
            id,
            lon,
            lat,
            name,
            provider,
            cluster,
            ingress,
            labels,
            max_instances,
            tier,
            high,
            low,
            tenants,
            cost,
        ] = self
            .of
            .map(|place| place.and_then(|i| fields.get(i)).map(|f| f.trim()).filter(|f| !f.is_empty()));
        let number = |name: &str, text: Option<&str>| {
            let text = text.ok_or_else(|| format!("`{name}` is empty"))?;
            text.parse::<f64>().map_err(|_| format!("{name} `{}` is not a number", cut(text)))
        };
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Ok(SiteRow {
            id: id.ok_or("`id` is empty")?.to_owned(),
            name: owned(name),
            lon: number("lon", lon)?,
            lat: number("lat", lat)?,
            provider: owned(provider),
            cluster: owned(cluster),
            ingress: owned(ingress),
            tier: owned(tier),
            high: owned(high),
            low: owned(low),
            labels: owned(labels),
            max_instances: owned(max_instances),
            tenants: owned(tenants),
            service_area: None,
            cost: owned(cost),
        })
    }
}
