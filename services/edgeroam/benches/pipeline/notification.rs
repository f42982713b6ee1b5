//! Notifications of the size that a core sends.

use bytes::Bytes;

use crate::whole_loop::ORDER_EVERY;

/// UEs that have an instance before the clock starts.
pub(crate) const SETTLED: u64 = 5_000;
/// Sites of the bench's catalogue.
pub(crate) const SITES: u64 = 10;
/// Cells of each site.
pub(crate) const CELLS: u64 = 40;

/// The n-th notification after the settling: one in fifty is of a UE that is new and gets an order, the others are
/// handovers between cells of one site.
pub(crate) fn body(correlation: &str, n: u64) -> Bytes {
    let turn = n % ORDER_EVERY;
    if turn == ORDER_EVERY - 1 {
        return report(correlation, 1_000_000_000 + n, n % SITES, 0, SETTLED + n);
    }
    let ue = n % SETTLED;
    report(correlation, ue, ue % SITES, 1 + n / SETTLED % (CELLS - 1), SETTLED + n)
}

/// The notification that makes a UE known.
pub(crate) fn first(correlation: &str, ue: u64) -> Bytes {
    report(correlation, ue, ue % SITES, 0, ue)
}

/// The NR cell identity of a site's cell.
pub(crate) fn nci(site: u64, cell: u64) -> u64 {
    0x1000 + site * CELLS + cell
}

fn report(correlation: &str, ue: u64, site: u64, cell: u64, tick: u64) -> Bytes {
    let (minute, second, milli) = (tick / 60_000 % 60, tick / 1_000 % 60, tick % 1_000);
    let hour = tick / 3_600_000 % 24;
    let at = format!("2026-11-23T{hour:02}:{minute:02}:{second:02}.{milli:03}339161Z");
    let nci = nci(site, cell);
    format!(
        r#"{{"notifyCorrelationId":"{correlation}","reportList":[{{"type":"LOCATION_REPORT","state":{{"active":true}},"timeStamp":"{at}","anyUe":true,"supi":"imsi-20893{ue:010}","location":{{"nrLocation":{{"tai":{{"plmnId":{{"mcc":"208","mnc":"93"}},"tac":"000001"}},"ncgi":{{"plmnId":{{"mcc":"208","mnc":"93"}},"nrCellId":"{nci:09x}"}},"ueLocationTimestamp":"{at}"}}}}}}]}}"#
    )
    .into()
}
