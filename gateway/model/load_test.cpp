// SPDX-License-Identifier: Apache-2.0
#include "model/load.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using namespace std::chrono_literals;

/// One mistake, or several, each with its place: what a person would see.
struct Mistake {
  std::string_view name;
  std::string_view text;      ///< appended to `head`, whose last line is 9
  std::string_view expected;  ///< all of it: "line:column: error: message", one a line
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class ModelMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ModelMistake, IsReportedWithItsPlaceAndItsRemedy) {
  const auto model = load_model(std::string{head} + std::string{GetParam().text}, "m.toml");
  ASSERT_FALSE(model);
  std::string found;
  for (const Diagnostic& diagnostic : model.error()) {
    EXPECT_EQ(diagnostic.file, "m.toml");
    found += std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column) + ": " +
             diagnostic.message + "\n";
  }
  EXPECT_EQ(found, std::string{GetParam().expected} + "\n");
}

constexpr Mistake model_mistakes[] = {
    {"syntax", "[points]\nx = \n",
     "11:5: Error while parsing key-value pair: expected value, saw '\\n'"},
    {"name_twice", "[points]\nx = { }\nx = { }\n",
     "12:5: Error while parsing key-value pair: cannot redefine existing table 'x'"},
    {"unknown_key",
     "[points]\nx = { quantity = \"power_factor\", adress = 0, address = 1, type = \"uint16\" }\n",
     "11:34: point `x` has no key `adress`; did you mean `address`?"},
    {"unknown_section", "[limit]\neven = true\n[points]\n",
     "10:2: the model has no key `limit`; did you mean `limits`?"},
    {"unknown_quantity",
     "[points]\nx = { quantity = \"enrgy_active_import\", address = 0, type = \"uint16\", unit = "
     "\"kWh\" }\n",
     "11:18: `enrgy_active_import` is no quantity of the dictionary; did you mean "
     "`energy_active_import`?"},
    {"unknown_phase",
     "[points]\nx = { quantity = \"voltage\", phase = \"l1n\", address = 0, type = \"uint16\", "
     "unit = \"V\" }\n",
     "11:37: `l1n` is no phase; did you mean `l1`?"},
    {"unknown_unit",
     "[points]\nx = { quantity = \"voltage\", address = 0, type = \"uint16\", unit = \"Volt\" }\n",
     "11:66: `Volt` is no unit that is known here; write its UCUM code (kW.h, V, m3/h)"},
    {"unit_of_other_dimension",
     "[points]\nx = { quantity = \"energy_heat\", address = 0, type = \"uint16\", unit = \"m3\" "
     "}\n",
     "11:70: `m3` cannot measure `energy_heat`, which is kept in kW.h"},
    {"unit_missing", "[points]\nx = { quantity = \"voltage\", address = 0, type = \"uint16\" }\n",
     "11:5: point `x` needs `unit`"},
    {"scale_as_toml_float",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"uint16\", scale = 0.01 "
     "}\n",
     "11:72: `scale` takes a text (\"0.01\", \"1/16\", \"code(NAME)\"): without quotes TOML makes "
     "it a binary fraction"},
    {"scale_by_unknown_point",
     "[points]\nx = { quantity = \"pulse_count\", address = 0, type = \"uint16\", scale = "
     "\"div(y)\" }\n",
     "11:5: the model has no point `y`"},
    {"scale_by_a_text",
     "[points]\nx = { quantity = \"pulse_count\", address = 0, type = \"uint16\", scale = "
     "\"mul(s)\" }\ns = { quantity = \"serial_number\", address = 1, type = \"string:2\" }\n",
     "11:5: `x` is multiplied with `s`, which is no number of its own"},
    {"scale_by_a_scaled_point",
     "[points]\nx = { quantity = \"pulse_count\", address = 0, type = \"uint16\", scale = "
     "\"mul(r)\" }\nr = { quantity = \"device_setting\", address = 1, type = \"int16\", scale = "
     "\"pow10(e)\" }\ne = { quantity = \"device_setting\", address = 2, type = \"int16\" }\n",
     "11:5: `x` is multiplied with `r`, which is multiplied with another point itself; name that "
     "one "
     "too"},
    {"codes_and_factors_in_a_circle",
     "[points]\na = { quantity = \"pulse_count\", address = 0, type = \"uint16\", scale = "
     "\"code(c)\" }\nb = { quantity = \"device_setting\", address = 1, type = \"uint16\", scale = "
     "\"pow10(a)\" }\n[code.c]\npoint = \"b\"\nbits = [0, 1]\noptions = [{ value = 0 }]\n",
     "12:5: `b` needs `a`, which needs it in turn; break the circle"},
    {"code_in_a_field",
     "[points]\na = { quantity = \"pulse_count\", address = 0, type = \"uint16\", scale = "
     "\"code(c)\" }\nb = { quantity = \"device_setting\", address = 1, type = \"uint16\", bits = "
     "[0, 3] }\n[code.c]\npoint = \"b\"\nbits = [0, 1]\noptions = [{ value = 0 }]\n",
     "14:9: point `b` is a part of a register; name one that is the whole register"},
    {"sum_of_texts",
     "[points]\nx = { quantity = \"serial_number\", sum = [\"y\", \"y\"] }\ny = { quantity = "
     "\"pulse_count\", address = 0, type = \"uint16\" }\n",
     "11:41: `serial_number` is a text; only numbers can be added"},
    {"hidden_overlap",
     "[points]\nb = { quantity = \"status\", address = 0, type = \"uint16\", bits = [0, 3] }\na = "
     "{ "
     "quantity = \"status\", address = 0, type = \"uint16\" }\nc = { quantity = \"status\", "
     "address = "
     "0, type = \"int16\" }\n",
     "13:5: point `c` overlaps `a` in holding register 0; correct an address, or say alone = true"},
    {"word_order_of_a_text",
     "[points]\nx = { quantity = \"device_name\", address = 0, type = \"string:2\", word_order = "
     "\"little\" }\n",
     "11:78: the registers of a text stand in their order; remove the key"},
    {"sentinel_wider_than_a_bit",
     "[points]\nx = { quantity = \"status\", table = \"coil\", address = 0, type = \"bool\", "
     "absent = "
     "[\"0x2\"] }\n",
     "11:82: `0x2` needs more than the point's 1 bits"},
    {"implausible_beyond_all_measure",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"float32\", max = \"1e90\" "
     "}\n",
     "11:71: no measurement comes near this value; check its exponent"},
    {"sum_of_one",
     "[points]\nx = { quantity = \"pulse_count\", sum = [\"y\"] }\ny = { quantity = "
     "\"pulse_count\", address = 0, type = \"uint16\" }\n",
     "11:39: `sum` takes at least two points: [\"a\", \"b\"]"},
    {"sum_with_an_address",
     "[points]\nx = { quantity = \"pulse_count\", sum = [\"y\", \"y\"], address = 3 }\ny = { "
     "quantity = \"pulse_count\", address = 0, type = \"uint16\" }\n",
     "11:61: point `x` does not take `address`: it is made of others; remove the key"},
    {"sum_of_different_units",
     "[points]\nx = { quantity = \"voltage\", sum = [\"y\", \"z\"] }\ny = { quantity = "
     "\"voltage\", address = 0, type = \"uint16\", unit = \"V\" }\nz = { quantity = \"current\", "
     "address = 1, type = \"uint16\", unit = \"A\" }\n",
     "11:5: `x` is made of `z`, which has another unit than `y`"},
    {"sum_of_another_quantity",
     "[points]\nx = { quantity = \"voltage\", sum = [\"y\", \"y\"] }\ny = { quantity = "
     "\"current\", address = 0, type = \"uint16\", unit = \"A\" }\n",
     "11:5: `x` is made of `y`, which is in A: that is not `voltage`"},
    {"bits_of_a_signed_register",
     "[points]\nx = { quantity = \"pulse_count\", address = 0, type = \"int16\", bits = [0, 3] }\n",
     "11:69: only an unsigned register can be taken apart; write type = \"uint16\""},
    {"bits_beyond_the_register",
     "[points]\nx = { quantity = \"pulse_count\", address = 0, type = \"uint16\", bits = [8, 16] "
     "}\n",
     "11:70: `bits` takes the first and the last bit, from 0 (the lowest) to 15: [0, 7]"},
    {"sentinel_wider_than_the_field",
     "[points]\nx = { quantity = \"pulse_count\", address = 0, type = \"uint16\", bits = [0, 7], "
     "absent = [\"0x100\"] }\n",
     "11:88: `0x100` needs more than the point's 8 bits"},
    {"offset_of_a_float",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"float32\", offset = 3 }\n",
     "11:74: an offset is added to the whole number in a register; `type` is none"},
    {"plausible_values_upside_down",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"float32\", min = 1, max = "
     "0 "
     "}\n",
     "11:71: `min` is above `max`; swap them"},
    {"scale_zero",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"uint16\", scale = \"0\" "
     "}\n",
     "11:72: `0` is no term of a scale; write a number other than 0 (0.01, 1/16), setting(NAME), "
     "code(NAME), pow10(POINT), mul(POINT) or div(POINT), joined by *"},
    {"scale_names_unknown_code",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"uint16\", scale = "
     "\"code(h)\" }\n",
     "11:72: the model has no code `h`"},
    {"scale_names_unknown_setting",
     "[setting.prefix]\ndefault = \"k\"\noptions = [{ name = \"k\" }]\n[points]\nx = { quantity = "
     "\"power_factor\", address = 0, type = \"uint16\", scale = \"setting(prefx)\" }\n",
     "14:72: the model has no setting `prefx`; did you mean `prefix`?"},
    {"code_names_unknown_point",
     "[code.c]\npoint = \"heder\"\nbits = [0, 1]\noptions = [{ value = 0, weight = 10 "
     "}]\n[points]\nheader = { quantity = \"device_setting\", address = 0, type = \"bits16\" }\n",
     "11:9: the model has no point `heder`; did you mean `header`?"},
    {"code_beyond_its_register",
     "[code.c]\npoint = \"header\"\nbits = [15, 16]\noptions = [{ value = 0, weight = 10 "
     "}]\n[points]\nheader = { quantity = \"device_setting\", address = 0, type = \"bits16\" }\n",
     "11:9: point `header` has no bit 16"},
    {"setting_told_by_an_unknown_point",
     "[setting.prefix]\nregister = \"prefx\"\noptions = [{ name = \"k\", value = 0 "
     "}]\n[points]\nprefix "
     "= { quantity = \"device_setting\", address = 0, type = \"uint16\" }\n",
     "11:12: the model has no point `prefx`; did you mean `prefix`?"},
    {"setting_told_by_a_text",
     "[setting.prefix]\nregister = \"name\"\noptions = [{ name = \"k\", value = 0 "
     "}]\n[points]\nname = "
     "{ quantity = \"device_name\", address = 0, type = \"string:4\" }\n",
     "11:12: point `name` cannot tell a setting: it is no number of its own, or itself follows "
     "what "
     "a register tells"},
    {"setting_told_by_what_it_chooses",
     "[setting.prefix]\nregister = \"x\"\noptions = [{ name = \"k\", value = 0 }]\n[points]\nx = { "
     "quantity = \"power_factor\", address = 0, type = \"uint16\", scale = \"setting(prefix)\" }\n",
     "11:12: point `x` cannot tell a setting: it is no number of its own, or itself follows what a "
     "register tells"},
    {"setting_with_register_and_default",
     "[setting.prefix]\nregister = \"p\"\ndefault = \"k\"\noptions = [{ name = \"k\", value = 0 }, "
     "{ "
     "name = \"M\" }, { name = \"G\", value = 0 }]\n[points]\np = { quantity = \"device_setting\", "
     "address = 0, type = \"uint16\" }\n",
     "12:11: setting `prefix` does not take `default`: `register` tells the setting\n"
     "13:39: an option of setting `prefix` needs `value`\n"
     "13:77: the value 0 is there twice; remove one"},
    {"value_of_a_setting_without_register",
     "[setting.prefix]\ndefault = \"k\"\noptions = [{ name = \"k\", value = 0 }]\n[points]\n",
     "12:34: an option of setting `prefix` does not take `value`: no register tells the setting; "
     "name its point: register = \"POINT\""},
    {"unit_that_would_change",
     "[setting.u]\nregister = \"p\"\noptions = [{ name = \"kWh\", value = 0, unit = \"kWh\" }, { "
     "name "
     "= \"GJ\", value = 1, unit = \"GJ\" }]\n[points]\np = { quantity = \"device_setting\", "
     "address = "
     "0, type = \"uint16\" }\nx = { quantity = \"energy_heat\", address = 1, type = \"uint16\", "
     "unit = "
     "\"setting(u)\" }\n",
     "15:5: `x` would change from kW.h to GJ whenever setting `u` does; write a point for each "
     "unit, "
     "with when = { u = \"OPTION\" }"},
    {"order_that_no_option_says",
     "[setting.o]\ndefault = \"a\"\noptions = [{ name = \"a\", word_order = \"big\" }, { name = "
     "\"b\" "
     "}]\n[points]\nx = { quantity = \"power_factor\", address = 0, type = \"int32\", word_order = "
     "\"setting(o)\" }\n",
     "14:76: not every option of setting `o` says `word_order`"},
    {"condition_with_an_unknown_option",
     "[setting.o]\ndefault = \"a\"\noptions = [{ name = \"a\" }, { name = \"b\" }]\n[points]\nx = "
     "{ "
     "quantity = \"power_factor\", address = 0, type = \"int32\", when = { o = \"c\" } }\ny = { "
     "quantity = \"power_factor\", address = 2, type = \"int32\", when = { p = \"a\" } }\nz = { "
     "quantity "
     "= \"power_factor\", address = 4, type = \"int32\", when = { o = \"a\", p = \"a\" } }\n",
     "14:76: `c` is not possible for `o`; one of: a, b\n15:70: the model has no setting "
     "`p`\n16:70: "
     "`when` names one setting: when = { SETTING = \"OPTION\" }"},
    {"setting_default_not_an_option",
     "[setting.prefix]\ndefault = \"m\"\noptions = [{ name = \"k\" }, { name = \"M\" "
     "}]\n[points]\n",
     "11:11: `m` is none of the options; one of: k, M"},
    {"unknown_type",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"float\" }\n",
     "11:54: `float` is no register type; one of: uint16, int16, uint32, int32, uint64, int64, "
     "float32, float64, enum16, bits16, bits32, bool, bcd16, bcd32, int16_sm, int32_sm, int48_sm, "
     "uint48, mant24exp8_u, mant24exp8_s, pf_flags32, mbus_f, unix32, unix64, bcd48_smhdmy, "
     "string:N (N from 1 to "
     "125), string1:N (N from 1 to 125), hex:N (N from 1 to 125), base10000:N (N from 1 to 4)"},
    {"written_input",
     "[points]\nx = { quantity = \"power_factor\", table = \"input\", address = 0, type = "
     "\"uint16\", writable = true }\n",
     "11:92: only holding registers and coils can be written; correct the table"},
    {"written_sum",
     "[points]\na = { quantity = \"power_factor\", address = 0, type = \"uint16\" }\nb = { "
     "quantity "
     "= \"power_factor\", address = 1, type = \"uint16\" }\nx = { quantity = \"power_factor\", sum "
     "= "
     "[\"a\", \"b\"], writable = true }\n",
     "13:63: a point that is made of others cannot be written; mark those"},
    {"access_of_what_is_not_written",
     "[points]\nx = { quantity = \"device_setting\", address = 0, type = \"uint16\", locked = "
     "true, "
     "sets = \"unit_id\" }\n",
     "11:75: point `x` does not take `locked`: it is not written; say writable = true, or remove "
     "the key\n"
     "11:88: point `x` does not take `sets`: it is not written; say writable = true, or remove the "
     "key"},
    {"write_only_group_and_bits",
     "[points]\nx = { quantity = \"device_setting\", address = 0, type = \"uint16\", bits = [0, "
     "3], "
     "write_only = true, group = \"essential\" }\n",
     "11:73: the other bits of a register that cannot be read are not known\n"
     "11:108: point `x` does not take `group`: it is never read; remove the key"},
    {"write_only_part",
     "[points]\na = { quantity = \"power_factor\", address = 0, type = \"uint16\", write_only = "
     "true "
     "}\nb = { quantity = \"power_factor\", address = 1, type = \"uint16\" }\nx = { quantity = "
     "\"power_factor\", sum = [\"a\", \"b\"] }\n",
     "13:5: point `x` needs `a`, which cannot be read"},
    {"sets_with_wrong_labels",
     "[points]\nx = { quantity = \"device_setting\", address = 0, type = \"uint16\", writable = "
     "true, "
     "sets = \"baud\", labels = { 0 = \"fast\" } }\ny = { quantity = \"device_setting\", address = "
     "1, "
     "type = \"uint16\", writable = true, sets = \"serial_format\" }\nz = { quantity = "
     "\"device_setting\", address = 2, type = \"uint16\", writable = true, sets = "
     "\"serial_format\", labels = { 0 = \"9N1\" } }\n",
     "11:107: `fast` is no bit rate; write \"9600\"\n"
     "12:90: say which format each code is: labels = { 0 = \"8N1\", 1 = \"8E1\" }\n"
     "13:116: `9N1` is no format; write \"8N1\", \"8E1\" or \"8O1\""},
    {"two_points_set_the_same",
     "[points]\nx = { quantity = \"device_setting\", address = 0, type = \"uint16\", writable = "
     "true, "
     "sets = \"unit_id\" }\ny = { quantity = \"device_setting\", address = 1, type = \"uint16\", "
     "writable = true, sets = \"unit_id\" }\n",
     "12:5: point `x` sets the same; only one can be meant"},
    {"locked_without_unlock",
     "[write]\nfunction = 16\n[points]\nx = { quantity = \"device_setting\", address = 0, type = "
     "\"uint16\", writable = true, locked = true }\n",
     "13:5: point `x` is locked, but [write] has no `unlock` that opens it"},
    {"unlock_for_nothing",
     "[write]\nunlock = { address = 24, type = \"uint16\", password = 70000 }\n[points]\nx = { "
     "quantity = \"device_setting\", address = 0, type = \"uint16\", writable = true }\n",
     "11:10: no point is locked; mark those that need it with locked = true\n"
     "11:54: a register of this type cannot hold it"},
    {"write_without_points",
     "[write]\nfunction = 10\n[points]\nx = { quantity = \"device_setting\", address = 0, type = "
     "\"uint16\" }\n",
     "10:1: no point is writable; mark some with writable = true\n"
     "11:12: registers are written with function 6 or 16"},
    {"reserved_key", "[serial]\nmode = \"ascii\"\n[points]\n",
     "11:8: `mode` is not supported by this version; only RTU framing is spoken on serial lines"},
    {"a_name_of_the_gateways_own",
     "[points]\nbus_load = { quantity = \"power_factor\", address = 0, type = \"uint16\" }\n",
     "11:12: the name of point `bus_load` is kept for the gateway's own points; rename "
     "it"},
    {"a_setting_told_by_nothing",
     "[setting.s]\nregister = \"\"\noptions = [{ name = \"a\", value = 0, weight = 1 "
     "}]\n[points]\n",
     "11:12: `register` names the point that tells the setting"},
    {"rollover_that_the_register_cannot_reach",
     "[points]\nx = { quantity = \"volume\", address = 0, type = \"uint16\", unit = \"m3\", scale "
     "= "
     "\"0.1\", rollover = 6554 }\n",
     "11:5: point `x` cannot count as far as its `rollover`: its register wraps at 6553.6"},
    {"rollover_of_a_gauge",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"uint16\", rollover = 3 "
     "}\n",
     "11:75: `power_factor` is no counter that only rises; remove the key"},
    {"rollover_at_nothing",
     "[points]\nx = { quantity = \"volume\", address = 0, type = \"uint16\", unit = \"m3\", "
     "rollover = "
     "0 }\n",
     "11:82: a counter wraps at a value above 0: one that shows 999 at the most at 1000"},
    {"rollover_that_a_factor_moves",
     "[points]\nx = { quantity = \"volume\", address = 0, type = \"uint16\", unit = \"m3\", scale "
     "= "
     "\"mul(y)\", rollover = 1000 }\ny = { quantity = \"device_setting\", address = 1, type = "
     "\"uint16\" }\n",
     "11:100: what the counter shows last depends on its scale; state a wrap only where that is "
     "fixed"},
    {"rollover_below_the_largest_value",
     "[points]\nx = { quantity = \"volume\", address = 0, type = \"uint16\", unit = \"m3\", max = "
     "1001, "
     "rollover = 1000 }\n",
     "11:94: the counter wraps below `max`; correct one of the two"},
    {"rollover_of_a_sum",
     "[points]\na = { quantity = \"volume\", address = 0, type = \"uint16\", unit = \"m3\" }\nx = "
     "{ "
     "quantity = \"volume\", sum = [\"a\", \"a\"], rollover = 1000 }\n",
     "12:57: point `x` does not take `rollover`: it is made of others; remove the key"},
    {"register_in_a_bit_table",
     "[points]\nx = { quantity = \"power_factor\", table = \"coil\", address = 0, type = "
     "\"uint16\" }\n",
     "11:70: a coil or discrete input holds one bit; write type = \"bool\""},
    {"bit_in_a_register_table",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"bool\" }\n",
     "11:54: a register holds more than one bit; write type = \"uint16\" and `bits`"},
    {"address_too_large",
     "[points]\nx = { quantity = \"power_factor\", address = 65536, type = \"uint16\" }\n",
     "11:44: `address` takes a whole number from 0 to 65535, not 65536"},
    {"registers_past_the_end",
     "[points]\nx = { quantity = \"power_factor\", address = 65535, type = \"float32\" }\n",
     "11:44: the registers go past address 65535"},
    {"overlap",
     "[points]\nx = { quantity = \"power_factor\", address = 4, type = \"float32\" }\ny = { "
     "quantity = \"power_factor\", address = 5, type = \"uint16\" }\n",
     "12:5: point `y` overlaps `x` in holding register 5; correct an address, or say alone = true"},
    {"place_in_no_model",
     "[points]\nx = { quantity = \"power_factor\", sunspec = 1, address = 0, type = \"uint16\" }\n",
     "11:44: point `x` does not take `sunspec`: the model has no `base`; write base = { sunspec = "
     "[1, 203] } above"},
    {"sunspec_model_not_in_the_base",
     "[base]\nsunspec = [1]\n[points]\nx = { quantity = \"power_factor\", sunspec = 203, address = "
     "2, type = \"uint16\" }\n",
     "13:44: SunSpec model 203 is not among those of `base`; add it there"},
    {"sunspec_model_twice", "[base]\nsunspec = [1, 1]\n[points]\n",
     "11:11: `sunspec` takes the ids of SunSpec models, 1 to 65534, each once: [1, 203]"},
    {"the_end_is_no_sunspec_model", "[base]\nsunspec = [65535]\n[points]\n",
     "11:11: `sunspec` takes the ids of SunSpec models, 1 to 65534, each once: [1, 203]"},
    {"no_sunspec_model", "[base]\n[points]\n", "10:1: `base` needs `sunspec`"},
    {"sunspec_model_in_input_registers",
     "[base]\nsunspec = [1]\n[points]\nx = { quantity = \"power_factor\", table = \"input\", "
     "address = 2, type = \"uint16\" }\n",
     "13:5: point `x`: SunSpec models lie in holding registers; write table = \"holding\""},
    {"sunspec_models_without_room",
     "[base]\nsunspec = [1]\n[points]\nx = { quantity = \"power_factor\", address = 30000, type = "
     "\"uint16\" }\n",
     "10:1: the models of `base` do not fit behind address 40002; `address` is the place in the "
     "SunSpec model, from 0"},
    {"ranges_of_relative_addresses",
     "[base]\nsunspec = [1]\n[limits]\nranges = [{ table = \"holding\", first = 1, last = 2 }]\n"
     "[points]\nx = { quantity = \"power_factor\", address = 2, type = \"uint16\" }\n",
     "12:1: with `base` a request lies within one SunSpec model; remove `ranges`"},
    {"even_relative_addresses",
     "[base]\nsunspec = [1]\n[limits]\nregisters_per_request = 124\neven = true\n[points]\nx = { "
     "quantity = \"power_factor\", address = 2, type = \"uint16\" }\n",
     "12:1: with `base` only the device knows which addresses are even; remove `even`"},
    {"test_of_an_absolute_address",
     "[base]\nsunspec = [1]\n[points]\nx = { quantity = \"power_factor\", address = 2, type = "
     "\"uint16\" }\n[[test]]\ntitle = \"t\"\norigin = \"o\"\nregisters = [{ table = \"holding\", "
     "first = 40002, words = \"0001\" }]\nexpect = { x = \"1\" }\n",
     "17:14: `first` counts from a SunSpec model: write the id of one of `base`"},
    {"larger_than_a_request",
     "[limits]\nregisters_per_request = 3\n[points]\nx = { quantity = \"power_factor\", address = "
     "0, type = \"float64\" }\n",
     "13:5: point `x` has 4 registers, a request only 3; raise [limits] registers_per_request or "
     "leave it out"},
    {"odd_address_though_even",
     "[limits]\neven = true\nregisters_per_request = 80\n[points]\nx = { quantity = "
     "\"power_factor\", address = 1, type = \"float32\" }\n",
     "14:5: point `x` begins at the odd address 1, but [limits] says even; one of the two is "
     "wrong"},
    {"odd_limit_though_even", "[limits]\neven = true\nregisters_per_request = 81\n[points]\n",
     "12:25: only even counts can be read, so this limit cannot be reached; write 80"},
    {"outside_all_ranges",
     "[limits]\nranges = [{ table = \"holding\", first = 10, last = 20 }]\n[points]\nx = { "
     "quantity = \"power_factor\", address = 20, type = \"float32\" }\n",
     "13:5: point `x` (holding 20 to 21) lies in none of the [limits] ranges; widen one or correct "
     "it"},
    {"range_backwards",
     "[limits]\nranges = [{ table = \"holding\", first = 20, last = 10 }]\n[points]\n",
     "11:11: the range ends before it begins; swap first and last"},
    {"limit_beyond_the_protocol", "[limits]\nregisters_per_request = 126\n[points]\n",
     "11:25: `registers_per_request` takes a whole number from 1 to 125, not 126"},
    {"no_duration", "[timing]\npause = \"60\"\n[points]\n",
     "11:9: `pause` takes a whole number and a unit, such as \"60ms\", \"10s\", \"15min\" or "
     "\"30d\", "
     "not \"60\""},
    {"sleeps_but_one_attempt", "[timing]\nsleeps_after = \"10s\"\nattempts = 1\n[points]\n",
     "12:12: a sleeping meter loses the first request, so one attempt never succeeds; write 2 or "
     "more"},
    {"sentinel_too_wide",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"uint16\", absent = "
     "[\"0x10000\"] }\n",
     "11:74: `0x10000` needs more than the point's 16 bits"},
    {"resolution_no_power_of_ten",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"float32\", resolution = "
     "\"0.05\" }\n",
     "11:78: a resolution is a power of ten, like \"0.001\" or 10"},
    {"quadrants_of_a_voltage",
     "[points]\nx = { quantity = \"voltage\", address = 0, type = \"float32\", unit = \"V\", "
     "transform = \"fold_quadrants\" }\n",
     "11:84: only a power factor has quadrants to fold"},
    {"text_with_unit",
     "[points]\nx = { quantity = \"serial_number\", address = 0, type = \"string:4\", unit = \"V\" "
     "}\n",
     "11:74: a text has no `unit`; remove it"},
    {"test_of_unknown_point",
     "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"uint16\" "
     "}\n[[test]]\ntitle = \"t\"\norigin = \"o\"\nregisters = [{ table = \"holding\", first = 0, "
     "words = \"12\" }]\nexpect = { y = \"1\" }\n",
     "15:54: words are written as four hexadecimal digits each: \"4366 3334\"\n16:12: the model "
     "has no point `y`"},
    {"several_at_once",
     "[timing]\npause = 60\n[points]\nx = { quantity = \"voltag\", address = 0, type = \"uint16\", "
     "unit = \"V\" }\ny = { quantity = \"current\", address = 70000, type = \"uint16\", unit = "
     "\"A\" }\n",
     "11:9: `pause` takes a whole number and a unit, such as \"60ms\", \"10s\", \"15min\" or "
     "\"30d\", "
     "not 60\n13:18: `voltag` is no quantity of the dictionary; did "
     "you mean `voltage`?\n14:39: `address` takes a whole number from 0 to 65535, not 70000"},
};

INSTANTIATE_TEST_SUITE_P(Load, ModelMistake, testing::ValuesIn(model_mistakes),
                         [](const auto& instance) { return std::string{instance.param.name}; });

}  // namespace
}  // namespace bornier::model
