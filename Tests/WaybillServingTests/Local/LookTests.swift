import Foundation
import Glibc
import Testing
import WaybillCore

@testable import WaybillServing

/// What a look costs, and what it says of replicas that do not end and of files that nothing needs.
@Suite struct LookTests {
    @Test func `a look at one deployment reads no other's folders, nor all their names`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            let other = try DeploymentKey(parsing: "test/other")
            for serial in 1...2000 {
                let folder = ReplicaFolder(
                    ReplicaID(key: other, revision: spec.revision, serial: UInt64(serial)),
                    in: machine.settings.replicas)
                try Disk.makeFolder(folder.path)
            }
            let crowded = try machine.makeTarget()
            let listings = crowded.index.listings
            for _ in 0..<50 { #expect(try await crowded.only(spec.key).id == id) }
            #expect(crowded.index.listings <= listings + 1)
            let next = ReplicaID(key: spec.key, revision: spec.revision, serial: 2)
            try await target.start(next, spec, ticket: try await ticket())
            #expect(try await target.observe(spec.key, revisions: []).replicas.map(\.id) == [id, next])
            try await target.stop(next, ticket: try await ticket())
            try await eventually("it has ended") {
                if case .ended = machine.folder(next).life() { !machine.folder(next).isLocked() } else { false }
            }
            try await target.forget(next, ticket: try await ticket())
            #expect(try await target.only(spec.key).id == id)
            for name in Disk.names(in: machine.settings.replicas) where name.hasPrefix("test.other.") {
                rmdir("\(machine.settings.replicas)/\(name)")
            }
        }
    }

    @Test func `a killed keeper is noticed by its lock`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            var changes = target.changes.makeAsyncIterator()
            // That it was started, and that it is ready.
            for _ in 0..<2 { _ = await changes.next() }
            kill(try #require(machine.folder(id).runningRecord()).running.keeper.pid, SIGKILL)
            #expect(await changes.next() == spec.key)
            #expect(try await target.only(spec.key).exit?.cause == .unknown)
        }
    }

    @Test func `a replica whose keeper is suspended says until when it should have been gone`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(grace: .seconds(7))
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            let keeper = try #require(machine.folder(id).runningRecord()).running.keeper.pid
            kill(keeper, SIGSTOP)
            defer { kill(keeper, SIGCONT) }
            #expect(try await target.only(spec.key).goneBy == nil)
            try await target.stop(id, ticket: try await ticket())
            let replica = try await target.only(spec.key)
            let asked = try #require(machine.folder(id).stopAskedAt)
            #expect(replica.phase == .stopping && replica.pid == keeper)
            #expect(replica.goneBy == asked + .seconds(7))
        }
    }

    @Test func `files of a replica that is there are needed though no revision asks for them`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            #expect(try await target.unneeded(keeping: []) == [])
            try await target.stop(id, ticket: try await ticket())
            _ = try await target.waitUntilExited(spec.key)
            #expect(try await target.unneeded(keeping: []) == [])
            try await eventually("its keeper has gone") { !machine.folder(id).isLocked() }
            try await target.forget(id, ticket: try await ticket())
            #expect(try await target.unneeded(keeping: [spec]) == [])
            let unneeded = try await target.unneeded(keeping: [])
            #expect(unneeded.map(\.kind) == [.modelFiles])
            #expect(try await target.collect(unneeded, ticket: try await ticket()) == unneeded)
            #expect(try await machine.models.check(spec.artifacts) == .missing)
        }
    }

    @Test func `what a replica reads that nobody can tell keeps everything`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let folder = machine.folder(ReplicaID(key: spec.key, revision: spec.revision, serial: 9))
            try Disk.makeFolder(folder.path)
            let failure = await #expect(throws: Failure.self) { try await target.unneeded(keeping: []) }
            #expect(failure?.reason == "ReplicaUnreadable")
            rmdir(folder.path)
        }
    }
}
