import WaybillCore

/// How long ago, in one unit, or two where one is coarse: `42s`, `5m`, `3h12m`, `6d`.
enum Age {
    static func text(from then: Timestamp, to now: Timestamp) -> String {
        let seconds = max(0, (now - then).milliseconds / 1000)
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<7200: return "\(seconds / 60)m"
        case ..<86_400:
            let minutes = seconds / 60 % 60
            return "\(seconds / 3600)h" + (minutes == 0 ? "" : "\(minutes)m")
        case ..<172_800: return "\(seconds / 3600)h"
        case _: return "\(seconds / 86_400)d"
        }
    }
}

/// A number of bytes in the largest unit of 1024 that leaves at least one: `312 B`, `1.5 MiB`.
enum Bytes {
    static func text(_ count: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var (value, unit) = (Double(count), 0)
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        guard unit > 0 else { return "\(count) B" }
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths % 10)") + " \(units[unit])"
    }
}
