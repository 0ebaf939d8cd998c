import CLinux
import Glibc

/// What to start and within which bounds, as the controller wrote it into the replica's folder.
struct StartSpec {
    enum Isolation: Equatable {
        /// The controller's own user.
        case none
        /// Another user, and a mount namespace where one can be made.
        case user(uid: UInt32)
        /// A user and mount namespace of its own.
        case namespace
    }

    struct Exposure {
        var path: String
        var isWritable: Bool
    }

    var command: [String]
    var environment: [String]
    /// How many secret variables come through the pipe.
    var secretCount: Int
    var work: String
    var isolation: Isolation
    /// Folders and files that the program must not see, longest path last.
    var hidden: [String]
    /// What it sees nevertheless.
    var exposed: [Exposure]
    /// Folders whose entries replicas share: hidden in a mount namespace, and left alone where none can be made.
    var shared: [String]
    var grace: Int64
    var memory: Int?
    /// Cores, thousandths.
    var cpuMillis: Int?
    /// Picks which processors a replica gets, where it gets not all.
    var processorOffset: Int
    var cgroup: String?
    var logSize: Int
    var logGenerations: Int
    /// Of a program that is asked once and answers; nil for one that serves.
    var question: Question?

    /// What is asked, and within which bounds it is answered.
    struct Question {
        /// The file that it reads as its standard input.
        var input: String
        /// The file that takes its standard output, and how many bytes of it.
        var output: String
        var outputSize: Int
        /// Milliseconds from its start to its end.
        var time: Int64
        /// Whether it has the machine's network; without, not even loopback.
        var hasNetwork: Bool
        /// Bytes of one file that it may write.
        var fileSize: Int
        /// Processes of its user, where it has one of its own.
        var processes: Int
    }

    /// A spec of nothing but an isolation, for a trial.
    init(trying isolation: Isolation) {
        (command, environment, secretCount, work) = ([], [], 0, "/")
        self.isolation = isolation
        (hidden, exposed, shared) = ([], [], [])
        (grace, memory, cpuMillis, processorOffset, cgroup) = (0, nil, nil, 0, nil)
        (logSize, logGenerations) = (0, 0)
        question = nil
    }

    init(reading folder: String) throws(Refusal) {
        guard let bytes = contents("\(folder)/spec", limit: 4 << 20) else {
            throw .system("SpecUnreadable", "read \(folder)/spec")
        }
        let fields = Fields(parsing: bytes)
        guard fields["format"] == "waybill.shim/1" else {
            throw Refusal(
                "SpecUnreadable", "\(folder)/spec is of format '\(fields["format"] ?? "")', not waybill.shim/1")
        }
        command = fields.all("command")
        environment = fields.all("env")
        secretCount = fields.integer("secrets") ?? 0
        work = fields["work"] ?? "/"
        isolation = try Self.isolation(fields)
        hidden = fields.all("hide").sorted { $0.utf8.count < $1.utf8.count }
        exposed =
            fields.all("read").map { Exposure(path: $0, isWritable: false) }
            + fields.all("write").map { Exposure(path: $0, isWritable: true) }
        shared = fields.all("share")
        grace = Int64(fields.integer("grace") ?? 10_000)
        memory = fields.integer("memory")
        cpuMillis = fields.integer("cpu")
        processorOffset = fields.integer("processor") ?? 0
        cgroup = fields["cgroup"]
        logSize = fields.integer("log-size") ?? 10 << 20
        logGenerations = fields.integer("log-generations") ?? 3
        question = Self.question(fields)
        guard !command.isEmpty else { throw Refusal("SpecUnreadable", "\(folder)/spec has no command") }
    }

    private static func question(_ fields: Fields) -> Question? {
        guard let input = fields["input"], let output = fields["output"] else { return nil }
        return Question(
            input: input, output: output, outputSize: fields.integer("output-size") ?? 0,
            time: Int64(fields.integer("time") ?? 0), hasNetwork: fields["network"] == "host",
            fileSize: fields.integer("file-size") ?? 1 << 30, processes: fields.integer("processes") ?? 256)
    }

    private static func isolation(_ fields: Fields) throws(Refusal) -> Isolation {
        switch fields["isolation"] {
        case "none": return .none
        case "namespace": return .namespace
        case "user":
            guard let uid = fields["uid"].flatMap({ UInt32($0) }), uid > 0 else {
                throw Refusal("SpecUnreadable", "isolation by user needs a uid above 0")
            }
            return .user(uid: uid)
        case let other:
            throw Refusal("SpecUnreadable", "isolation '\(other ?? "")' is not none, user or namespace")
        }
    }
}
