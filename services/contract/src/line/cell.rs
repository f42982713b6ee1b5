//! Cells and tracking areas as EdgeRoam writes them: `mcc-mnc-id`, with the NID where there is one.

use crate::v1::{Ecgi, Ncgi, PlmnId, Tai};

pub(super) fn cell(ncgi: Option<&Ncgi>, ecgi: Option<&Ecgi>) -> Option<String> {
    let nr = ncgi.map(|cell| text(&cell.plmn_id, &cell.nr_cell_id, cell.nid.as_deref()));
    nr.or_else(|| ecgi.map(|cell| text(&cell.plmn_id, &cell.eutra_cell_id, cell.nid.as_deref())))
}

pub(super) fn tai(tai: &Tai) -> String {
    text(&tai.plmn_id, &tai.tac, tai.nid.as_deref())
}

fn text(plmn: &PlmnId, id: &str, nid: Option<&str>) -> String {
    let nid = nid.map_or_else(String::new, |nid| format!("-{nid}"));
    format!("{}-{}-{id}{nid}", plmn.mcc, plmn.mnc)
}
