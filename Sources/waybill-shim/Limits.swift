import CLinux
import Glibc

/// Keeps a replica within its memory and processors: by a cgroup of its own where there is one, otherwise by watching.
struct Limits {
    let memory: Int?
    private let cpuMillis: Int?
    private let processorOffset: Int
    /// The cgroup in force; nil where limits are watched.
    private(set) var cgroup: String?
    private let question: StartSpec.Question?
    private let hasOwnUser: Bool

    init(_ spec: StartSpec) {
        question = spec.question
        hasOwnUser = if case .user = spec.isolation { true } else { false }
        memory = spec.memory
        cpuMillis = spec.cpuMillis
        processorOffset = spec.processorOffset
        cgroup = spec.cgroup.flatMap { Self.make($0, memory: spec.memory, cpuMillis: spec.cpuMillis) ? $0 : nil }
    }

    var way: String { cgroup == nil ? "watched" : "cgroup" }

    /// In the child, before it gives up any right.
    func apply() throws(Refusal) {
        if let cgroup {
            guard Self.put("0", into: "\(cgroup)/cgroup.procs") else {
                throw .system("LimitsUnavailable", "join \(cgroup)")
            }
        } else if let cpuMillis {
            guard waybill_bind_processors(Int32(processorOffset), Int32((cpuMillis + 999) / 1000)) == 0 else {
                throw .system("LimitsUnavailable", "bind to processors")
            }
            if cpuMillis % 1000 != 0 { _ = waybill_lower_priority(5) }
        }
        _ = waybill_no_core_file()
        guard let question else { return }
        guard waybill_limit_file_size(UInt64(max(question.fileSize, 0))) == 0 else {
            throw .system("LimitsUnavailable", "bound the files it writes")
        }
        // Counted by user: of the controller's own it would count all that runs.
        guard !hasOwnUser || waybill_limit_processes(UInt64(max(question.processes, 0))) == 0 else {
            throw .system("LimitsUnavailable", "bound its processes")
        }
    }

    /// Why the replica must end, if it has passed its memory limit; looks at all below the keeper.
    func passed(under keeper: Int32) -> String? {
        guard let memory, cgroup == nil else { return nil }
        let processes = Processes.tree(of: keeper).dropFirst()
        guard processes.reduce(0, { $0 + Processes.residentBytes($1) }) > memory else { return nil }
        let used = processes.reduce(0) { $0 + (Processes.proportionalBytes($1) ?? Processes.residentBytes($1)) }
        return used > memory ? "memory limit of \(memory) bytes passed: \(used) in use" : nil
    }

    /// Why the kernel ended the replica, if it did.
    func endedByKernel() -> String? {
        guard let cgroup, let memory, let events = contentsText("\(cgroup)/memory.events") else { return nil }
        let kills = events.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return kills == nil || kills == "oom_kill 0" ? nil : "memory limit of \(memory) bytes passed"
    }

    func remove() { if let cgroup { rmdir(cgroup) } }

    private static func make(_ path: String, memory: Int?, cpuMillis: Int?) -> Bool {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { return false }
        var isMade = true
        if let memory {
            isMade = put(String(memory), into: "\(path)/memory.max")
            _ = put("0", into: "\(path)/memory.swap.max")
            _ = put("1", into: "\(path)/memory.oom.group")
        }
        if let cpuMillis { isMade = put("\(cpuMillis * 100) 100000", into: "\(path)/cpu.max") && isMade }
        if !isMade { rmdir(path) }
        return isMade
    }

    private static func put(_ text: String, into path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return writeAll(Array(text.utf8)[...], to: descriptor)
    }
}
