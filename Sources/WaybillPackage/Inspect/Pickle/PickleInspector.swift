import WaybillCore

/// Says what unpickling would import, call and build, without doing any of it.
struct PickleInspector {
    let allowing: AllowList
    var limits = PickleLimits()

    /// Looks into a pickle file: plain, joblib's (compressed or not) or a legacy torch file.
    /// - Parameter place: the member of an archive that `source` is; empty for a whole file.
    func inspect(_ source: any ByteSource, place: String = "") -> Inspection {
        do throws(InspectionError) {
            let head = try source.bytes(at: 0, count: Int(min(16, source.size)))
            guard let packing = PackedFile.Packing(head: head) else { return inspectPlain(source, head, place) }
            let unpacked = try PackedFile(source: source, packing: packing).unpacked()
            let inner = try unpacked.bytes(at: 0, count: Int(min(16, unpacked.size)))
            guard PackedFile.Packing(head: inner) == nil else {
                return refused(nil, place, "it is compressed twice, which no loader of models reads")
            }
            var inspection = inspectPlain(unpacked, inner, place)
            inspection.facts["compression"] = .string(packing.rawValue)
            return inspection
        } catch {
            return refused(nil, place, Self.words(error))
        }
    }

    /// Looks into the pickle of a torch zip, `data.pkl`, whose persistent ids name storages.
    func inspectTorchMember(_ source: any ByteSource) -> (Inspection, storages: [String: PickleReport.Storage]) {
        var report = PickleReport(place: "", limits: limits)
        read(source, .torch, into: &report)
        return (inspection("pickle", report), report.storages)
    }

    /// Looks into bytes that no format is known for. Protocols 0 and 1 begin like any text: the bytes are a pickle when they are one
    /// to their end, and dangerous when they call something before that fails.
    /// - Returns: nil when they are no pickle.
    func inspectUnknown(_ source: any ByteSource, place: String = "") -> Inspection? {
        var report = PickleReport(place: place, limits: limits)
        guard let first = try? source.bytes(at: 0, count: 1).first, Opcode(rawValue: first) != nil else { return nil }
        let isWhole = read(source, .joblib, into: &report)
        return isWhole || report.calledByName ? inspection("pickle", report) : nil
    }

    private func inspectPlain(_ source: any ByteSource, _ head: [UInt8], _ place: String) -> Inspection {
        if head.starts(with: LegacyTorch.magic) {
            var report = PickleReport(place: place, limits: limits)
            LegacyTorch(allowing: allowing).read(source, depth: 0, into: &report)
            return inspection("torch", report)
        }
        if head.count >= 2, head[0] == 0x80, head[1] <= 5 {
            var report = PickleReport(place: place, limits: limits)
            read(source, .joblib, into: &report)
            return inspection(report.arrays > 0 ? "joblib" : "pickle", report)
        }
        return inspectUnknown(source, place: place)
            ?? refused(nil, place, "its bytes are no pickle and no other format known here")
    }

    /// All pickles of `source`, one after the other to its end; false when that fails.
    @discardableResult
    private func read(_ source: any ByteSource, _ loader: PickleMachine.Loader, into report: inout PickleReport) -> Bool
    {
        var reader = PickleReader(source)
        var streams = 0
        repeat {
            streams += 1
            guard streams <= limits.streams else {
                report.add(.unscanned, "more than \(limits.streams) pickles follow one another")
                return false
            }
            let start = reader.position
            var machine = PickleMachine(reader, allowing: allowing, loader: loader, depth: 0, report: report)
            let outcome = Result { () throws(PickleError) in try machine.run() }
            (reader, report) = (machine.reader, machine.report)
            if loader.isTorch, case .success(let object) = outcome {
                TorchTensors.collect(object, machine, into: &report)
            }
            if case .failure(let error) = outcome {
                let after = streams > 1 ? "after the end of a pickle at byte \(start): " : ""
                report.add(.unscanned, after + error.message)
                return false
            }
        } while !reader.isAtEnd
        return true
    }

    private func inspection(_ format: String, _ report: PickleReport) -> Inspection {
        var facts: Members = [
            "protocol": .integer(Int64(report.highestProtocol)), "pickles": .integer(Int64(report.pickles)),
            "arrays": .integer(Int64(report.arrays)),
            "imports": .list(report.imports.sorted().map { .string(SymbolText.visible($0)) }),
        ]
        // A count that leaves some out would be taken for the whole.
        if !report.tensors.isEmpty, !report.hasMoreTensors, let count = try? report.tensors.elements() {
            facts["parameters"] = .integer(Int64(clamping: count))
        }
        return Inspection(format: format, findings: report.told, tensors: report.tensors, facts: facts)
    }

    private func refused(_ format: String?, _ place: String, _ message: String) -> Inspection {
        Inspection(format: format, findings: [.init(.unscanned, place: place, message)])
    }

    private static func words(_ error: InspectionError) -> String {
        switch error {
        case .truncated(let place): "the file ends at byte \(place), before what it promises"
        case .malformed(let what), .unreadable(let what): what
        }
    }
}
