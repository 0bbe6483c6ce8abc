//! Through whom this device reaches other networks, as far as the system tells a program: Linux and, mostly, Android.

use std::net::{IpAddr, Ipv4Addr};

/// The routers of this device.
pub(crate) fn routers() -> Vec<IpAddr> {
    // Where there is no such file nothing is known, and the addresses that systems give to hotspots are all there is.
    parse(&std::fs::read_to_string("/proc/net/route").unwrap_or_default())
}

/// Reads the kernel's table: a line for each route with its destination and router in hexadecimal, as they are in memory.
fn parse(table: &str) -> Vec<IpAddr> {
    let routes = table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        Some((number(fields.next()?)?, number(fields.next()?)?))
    });
    let defaults = routes.filter(|(destination, router)| *destination == 0 && *router != 0);
    defaults.map(|(_, router)| IpAddr::V4(Ipv4Addr::from(router.to_ne_bytes()))).collect()
}

fn number(hex: &str) -> Option<u32> {
    u32::from_str_radix(hex, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn the_router_of_the_default_route_is_found() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n\
            wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\n\
            wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\n";
        assert_eq!(parse(table), [IpAddr::from([192, 168, 1, 1])]);
    }

    #[test]
    fn other_bytes_name_nobody() {
        for table in ["", "Iface", "Iface\nwlan0", "Iface\nwlan0\tzz\t1", "Iface\nwlan0\t00000000\t00000000"] {
            assert!(parse(table).is_empty(), "{table:?}");
        }
    }
}
