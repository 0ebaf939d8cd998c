import Testing
import WaybillCore

@Suite struct QuantityTests {
    @Test(arguments: [
        ("512Mi", 536_870_912), ("1.5Gi", 1_610_612_736), ("2G", 2_000_000_000), ("1024", 1024), ("0.5k", 500),
    ])
    func `memory reads as bytes`(_ text: String, _ bytes: Int64) throws {
        #expect(try Quantity.memory(parsing: text) == bytes)
    }

    @Test(arguments: ["", "0", "Mi", "512mi", "-1", "1.2345Gi", "0.0001", "1e3", "9999999999999999Ti", "1 Gi", "١Gi"])
    func `other memory is refused`(_ text: String) {
        #expect(throws: InvalidInput.self) { try Quantity.memory(parsing: text) }
    }

    @Test(arguments: [(Int64(536_870_912), "512Mi"), (1000, "1000"), (2048, "2Ki"), (1 << 40, "1Ti")])
    func `memory is written in its shortest form`(_ bytes: Int64, _ text: String) {
        #expect(Quantity.memoryText(bytes) == text)
    }

    @Test(arguments: [("500m", 500), ("2", 2000), ("0.5", 500), ("1.250", 1250)])
    func `cores read as thousandths`(_ text: String, _ millis: Int64) throws {
        #expect(try Quantity.cpu(parsing: text) == millis)
    }

    @Test(arguments: ["", "0", "m", "0.5m", "1.2345", "1e1", "-1", "1000001"])
    func `other cores are refused`(_ text: String) {
        #expect(throws: InvalidInput.self) { try Quantity.cpu(parsing: text) }
    }

    @Test(arguments: [("500ms", 500), ("30s", 30_000), ("1m30s", 90_000), ("2h", 7_200_000), ("0s", 0)])
    func `durations read as milliseconds`(_ text: String, _ milliseconds: Int64) throws {
        #expect(try Duration(parsing: text) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "30", "s", "30 s", "1.5s", "-1s", "169h", "99999999999s", "5d"])
    func `other durations are refused`(_ text: String) {
        #expect(throws: InvalidInput.self) { try Duration(parsing: text) }
    }

    @Test(arguments: [("90s", "90s"), ("120s", "2m"), ("1500ms", "1500ms"), ("60m", "1h"), ("0h", "0s")])
    func `durations are written in their shortest form`(_ text: String, _ short: String) throws {
        #expect(try Duration(parsing: text).manifestText == short)
    }
}
