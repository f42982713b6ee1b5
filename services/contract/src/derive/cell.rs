//! Cells and tracking areas in 3GPP's spelling.

use model::CellId;

use crate::v1::{Ecgi, Ncgi, PlmnId, Tai};

/// A cell as the member that its kind has.
pub(super) fn cell(cell: &CellId) -> (Option<Ncgi>, Option<Ecgi>) {
    let plmn_id = plmn(cell.plmn());
    match cell {
        CellId::Nr { nci, nid, .. } => {
            let nid = nid.map(|nid| nid.to_string());
            (Some(Ncgi { plmn_id, nr_cell_id: format!("{nci:09x}"), nid }), None)
        }
        CellId::Eutra { eci, nid, .. } => {
            let nid = nid.map(|nid| nid.to_string());
            (None, Some(Ecgi { plmn_id, eutra_cell_id: format!("{eci:07x}"), nid }))
        }
    }
}

pub(super) fn tai(tai: &model::Tai) -> Tai {
    Tai { plmn_id: plmn(tai.plmn), tac: tai.tac.to_string(), nid: tai.nid.map(|nid| nid.to_string()) }
}

fn plmn(plmn: model::PlmnId) -> PlmnId {
    PlmnId { mcc: plmn.mcc(), mnc: plmn.mnc() }
}
