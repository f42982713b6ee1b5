//! `edgeroam nearest`: the exact geodesic nearest sites of positions and cells, and which of them do not serve there.

use std::collections::HashMap;
use std::io::BufRead as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use catalogue::read::{self, CellDefaults};
use model::{CellId, Pin, Position, SiteId};
use placement::{Ranked, SiteIndex};
use serde_json::json;

/// The longest line that is read from standard input, in bytes.
const MAX_LINE: usize = 4096;

/// Arguments of `edgeroam nearest`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Sites: CSV with the header id,lon,lat, GeoJSON Points with `id` and `name`, or AdvantEDGE assets.
    #[arg(long, value_name = "FILE")]
    sites: PathBuf,
    /// Cells, for queries by cell: CSV with the header mcc,mnc,nci,tac,lon,lat, an export of OpenCelliD, or AdvantEDGE
    /// assets.
    #[arg(long, value_name = "FILE")]
    cells: Option<PathBuf>,
    /// The network of cells whose file names none, as MCC-MNC.
    #[arg(long, value_name = "MCC-MNC", value_parser = super::plmn)]
    plmn: Option<model::PlmnId>,
    /// How many sites to rank.
    #[arg(long, default_value_t = 3)]
    k: usize,
    /// One JSON object a line: {"query":…,"sites":[{"id":…,"meters":…}]}; a site whose service area does not hold the
    /// position has "outside_area":true.
    #[arg(long)]
    json: bool,
    /// LON,LAT or a cell as mcc-mnc-nci; none: one per line on standard input.
    #[arg(value_name = "QUERY")]
    queries: Vec<String>,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (sites, notes) = read::sites(&args.sites, Some("-"))?;
    super::say(&notes.to_string());
    let mut places = Places { index: SiteIndex::new(&sites)?, cells: HashMap::new(), with_cells: false };
    if let Some(path) = &args.cells {
        let (cells, notes) = read::cells(path, CellDefaults { plmn: args.plmn, tac: None })?;
        super::say(&notes.to_string());
        places.with_cells = true;
        places.cells = cells.into_iter().map(|cell| (cell.id, cell.pin)).collect();
    }
    if args.queries.is_empty() {
        return from_stdin(&args, &places);
    }
    for query in args.queries.iter().map(|query| query.trim()) {
        let line = places.answer(query, args.k, args.json).with_context(|| format!("`{query}`"))?;
        if !super::print(&line) {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Answers line by line; a line that is no query is told with its number, and the rest is answered all the same.
fn from_stdin(args: &Args, places: &Places) -> anyhow::Result<ExitCode> {
    let mut refused = 0_u64;
    for (number, line) in (1_u64..).zip(std::io::stdin().lock().split(b'\n')) {
        let line = line.context("standard input")?;
        let text = String::from_utf8_lossy(&line[..line.len().min(MAX_LINE)]);
        let query = text.trim();
        if query.is_empty() {
            continue;
        }
        match places.answer(query, args.k, args.json) {
            Ok(answer) => {
                if !super::print(&answer) {
                    break;
                }
            }
            Err(error) => {
                refused += 1;
                super::say(&format!("line {number}: `{query}`: {error:#}"));
            }
        }
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Places {
    index: SiteIndex,
    cells: HashMap<CellId, Pin>,
    with_cells: bool,
}

/// A site that is near to a place.
struct Near {
    site: SiteId,
    meters: f64,
    /// Whether the place is outside its service area.
    outside: bool,
}

impl Near {
    fn text(&self) -> String {
        let outside = if self.outside { " (outside its service area)" } else { "" };
        format!("{} {:.1} m{outside}", self.site, self.meters)
    }

    fn json(&self) -> serde_json::Value {
        let mut told = json!({"id": self.site, "meters": self.meters});
        if self.outside {
            told["outside_area"] = true.into();
        }
        told
    }
}

impl Places {
    fn answer(&self, query: &str, k: usize, json: bool) -> anyhow::Result<String> {
        let near: Vec<Near> = match self.place(query)? {
            Pin::Position(position) => {
                let near = |Ranked { site, meters }: Ranked<'_>| Near {
                    site: site.clone(),
                    meters,
                    outside: !self.index.covers(site, position),
                };
                self.index.ranked(position, k).into_iter().map(near).collect()
            }
            Pin::Site(site) => vec![Near { site, meters: 0.0, outside: false }],
        };
        if json {
            let sites: Vec<_> = near.iter().map(Near::json).collect();
            return Ok(json!({"query": query, "sites": sites}).to_string());
        }
        let sites: Vec<_> = near.iter().map(Near::text).collect();
        Ok(format!("{query}: {}", if sites.is_empty() { "no site".to_owned() } else { sites.join(", ") }))
    }

    fn place(&self, query: &str) -> anyhow::Result<Pin> {
        if let Some((lon, lat)) = query.split_once(',') {
            let number =
                |text: &str| text.trim().parse::<f64>().with_context(|| format!("`{text}` is no number"));
            return Ok(Pin::Position(Position::new(number(lon)?, number(lat)?)?));
        }
        let cell: CellId = query.parse().context("neither LON,LAT nor a cell")?;
        match self.cells.get(&cell) {
            Some(pin) => Ok(pin.clone()),
            None if self.with_cells => bail!("the cell is not in the file given with --cells"),
            None => bail!("a cell needs --cells FILE to have a place"),
        }
    }
}
