import Foundation

/// This process's processor time and resident memory.
enum Measure {
    static var now: (cpu: Duration, memory: Int) {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        let cpu = Duration.seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
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
