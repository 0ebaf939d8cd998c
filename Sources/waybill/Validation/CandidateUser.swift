import Foundation
import Glibc

/// A user that one run's candidate has and no other's: held by a lock that the kernel gives back when the process ends.
struct CandidateUser: ~Copyable {
    let number: UInt32
    private let path: String
    private let descriptor: CInt

    /// The first user of `users` that no other run holds, and no candidate that a crash left has; nil when there is none.
    init?(of users: ClosedRange<UInt32>, in candidates: String) {
        let left = Self.users(in: candidates)
        for number in users where !left.contains(number) {
            let path = "\(candidates)/user-\(number).lock"
            guard let descriptor = Self.hold(path) else { continue }
            (self.number, self.path, self.descriptor) = (number, path, descriptor)
            return
        }
        return nil
    }

    deinit {
        // While it is held: whoever opened it before finds that it is no longer there.
        unlink(path)
        close(descriptor)
    }

    private static func hold(_ path: String) -> CInt? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        var (held, named) = (stat(), stat())
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &held) == 0, lstat(path, &named) == 0,
            held.st_ino == named.st_ino
        else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Users of the candidates that have a folder, whoever started them.
    private static func users(in candidates: String) -> Set<UInt32> {
        let files = FileManager.default
        var found: Set<UInt32> = []
        for run in (try? files.contentsOfDirectory(atPath: candidates)) ?? [] where !run.hasSuffix(".lock") {
            for replica in (try? files.contentsOfDirectory(atPath: "\(candidates)/\(run)")) ?? [] {
                guard let spec = files.contents(atPath: "\(candidates)/\(run)/\(replica)/spec") else { continue }
                for line in String(decoding: spec, as: UTF8.self).split(separator: "\n") where line.hasPrefix("uid ") {
                    if let number = UInt32(line.dropFirst(4)) { found.insert(number) }
                }
            }
        }
        return found
    }
}
