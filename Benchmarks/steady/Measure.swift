import Foundation

/// This process's processor time and resident memory.
enum Measure {
    static var now: (cpu: Duration, memory: Int) {
        var usage = rusage()
        getrusage(RUSAGE_SELF, &usage)
        let cpu =
            Duration.seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + .microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
        return (cpu, resident)
    }

    private static var resident: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return pages * 4096
    }

    static func seconds(_ time: Duration) -> String {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        return seconds >= 0.1
            ? String(format: "%.2f s", seconds) : String(format: "%.3f ms", seconds * 1000)
    }

    static func megabytes(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }
}
