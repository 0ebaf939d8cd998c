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
