from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import setting_values
from bot.settings import KNOWN, PhotoReading, Settings, SettingsError, load_settings
from domain.metering import ReadingMode

PROJECT = setting_values.ROOT


@pytest.fixture(autouse=True)
def _only_what_the_test_sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(setting_values, "ROOT", tmp_path / "project")


def loaded(text: str = "", encoding: str = "utf-8") -> Settings:
    Path(".env").write_bytes(text.encode(encoding))
    return load_settings()


def refused(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(text)
    return str(caught.value)


class TestWithoutAnySetting:
    def test_everything_has_a_value_that_works(self) -> None:
        settings = load_settings()
        assert (settings.timezone, settings.due_days, settings.delivery_hours) == (
            ZoneInfo("Asia/Kolkata"),
            10,
            (8, 20),
        )
        assert (settings.reading_mode, settings.single_admin) == (ReadingMode.UNITS, False)
        assert settings.telegram_api_base == "https://api.telegram.org"
        assert settings.database_url is None
        assert (settings.notes, settings.source) == ((), None)

    def test_jobs_are_told_the_societys_rules(self) -> None:
        society = loaded("DUE_DAYS=15\nUPI_VPA=made.up@upi\nADMIN_PHONES=+447700900001").society()
        assert (society.due_days, society.upi_vpa, society.upi_name) == (15, "made.up@upi", "Blessings City")
        assert society.admin_phones == ("+447700900001",)

    def test_data_lies_in_the_project_where_it_can_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "project").mkdir()
        (tmp_path / "project" / "start.py").touch()
        assert load_settings().data_dir == tmp_path / "project" / "var"

    def test_data_of_an_installed_package_lies_with_the_user(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("sys.platform", "linux")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
        assert load_settings().data_dir == tmp_path / "share" / "blessings-billing"

    def test_a_relative_folder_is_the_same_wherever_the_command_starts(self, tmp_path: Path) -> None:
        assert loaded("DATA_DIR=data folder").data_dir == tmp_path / "project" / "data folder"


class TestWhereTheyComeFrom:
    def test_windows_notepad(self) -> None:
        settings = loaded("SOCIETY_NAME=ग्रीन सिटी\r\nDUE_DAYS=12\r\n", "utf-8-sig")
        assert (settings.society_name, settings.due_days) == ("ग्रीन सिटी", 12)

    def test_another_encoding_is_told(self) -> None:
        Path(".env").write_bytes("DUE_DAYS=12".encode("utf-16"))
        with pytest.raises(SettingsError, match=r"\.env is not UTF-8 text: in Notepad"):
            load_settings()

    def test_a_line_that_sets_nothing_is_told_by_its_number(self) -> None:
        assert ".env, line 2, 3, must be NAME=value" in refused("DUE_DAYS=12\nhello world\nDATA_DIR\n")

    def test_the_environment_wins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DUE_DAYS", "20")
        assert loaded("DUE_DAYS=12").due_days == 20

    def test_the_working_folder_wins_over_the_project(self, tmp_path: Path) -> None:
        (tmp_path / "project").mkdir()
        (tmp_path / "project" / ".env").write_text("DUE_DAYS=30", "utf-8")
        assert load_settings().due_days == 30
        assert loaded("DUE_DAYS=12").due_days == 12
        assert load_settings().source == tmp_path / ".env"

    @pytest.mark.parametrize("empty", ["", "  ", '""', "''"])
    def test_empty_is_not_set(self, monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
        monkeypatch.setenv("DUE_DAYS", empty)
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", empty)
        settings = load_settings()
        assert (settings.due_days, settings.telegram_bot_token) == (10, None)

    def test_quotes_left_by_a_windows_shell(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PUBLIC_URL", '"https://bills.example.org/"')
        assert load_settings().public_url == "https://bills.example.org"


class TestWrong:
    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ("DUE_DAYS=ten", "DUE_DAYS must be a whole number. Example: DUE_DAYS=10"),
            ("DUE_DAYS=0", "DUE_DAYS must be at least 1."),
            ("PORT=70000", "PORT must be at most 65535."),
            ("SINGLE_ADMIN=perhaps", "SINGLE_ADMIN must be true or false."),
            ("READING_MODE=meter", "READING_MODE must be 'units' or 'register'. Example: READING_MODE=units"),
            ("TIMEZONE=Mars/Base", "TIMEZONE must be a time zone"),
            ("TIMEZONE=../etc/passwd", "TIMEZONE must be a time zone"),
            ("LANGUAGES=en,xx", "LANGUAGES may hold en, hi"),
            ("DELIVERY_HOURS=20-08", "DELIVERY_HOURS must be two full hours of one day, the earlier first."),
            ("DELIVERY_HOURS=8", "Example: DELIVERY_HOURS=08-20"),
            ("ADMIN_PHONES=+447700900001,12", "ADMIN_PHONES holds 12, which is no phone number"),
            ("UPI_VPA=somebody", "UPI_VPA must be a UPI address"),
            ("PUBLIC_URL=bills.example.org", "PUBLIC_URL must be a web address that begins with https://"),
            ("PUBLIC_URL=http://bills.example.org", "plain http is for this machine only"),
            ("TELEGRAM_API_BASE=http://10.0.0.1", "plain http is for this machine only"),
            ("TELEGRAM_API_BASE=http://127.0.0.1.example.org", "plain http is for this machine only"),
            ("TELEGRAM_BOT_TOKEN=hello", "TELEGRAM_BOT_TOKEN must be the number, the colon"),
            ("TELEGRAM_WEBHOOK_SECRET=a b", "TELEGRAM_WEBHOOK_SECRET must be 1 to 256 letters"),
            ("DATABASE_URL=https://abc.example.org", "DATABASE_URL must begin with postgresql://"),
            ("DATABASE_URL=postgresql://u:[YOUR-PASSWORD]@db.example.org/postgres", "DATABASE_URL"),
            ("DATABASE_URL=postgresql://u@db.example.org", "DATABASE_URL must name a server and a database"),
            ("CLOUDINARY_URL=https://cloudinary.example.org", "CLOUDINARY_URL must begin with cloudinary://"),
            ("CLOUDINARY_UPLOAD_PRESET=x", "CLOUDINARY_UPLOAD_PRESET must have CLOUDINARY_URL"),
            ("LOG_FORMAT=xml", "LOG_FORMAT must be 'console' or 'json'"),
        ],
    )
    def test_each_is_told_with_its_name_and_what_it_must_be(self, line: str, complaint: str) -> None:
        assert complaint in refused(line)

    def test_all_are_told_at_once(self) -> None:
        text = refused("DUE_DAYS=ten\nPORT=door\nTIMEZONE=Mars")
        assert [line.split()[0] for line in text.splitlines()[1:]] == ["PORT", "TIMEZONE", "DUE_DAYS"]

    def test_every_setting_with_rules_has_an_example_that_passes(self) -> None:
        examples = {name: field.examples[0] for name, field in Settings.model_fields.items() if field.examples}
        Settings(**examples)
        assert set(Settings.model_fields) - set(examples) == {"supabase_url", "supabase_key"}

    @pytest.mark.parametrize("address", ["http://127.0.0.1:8765", "http://localhost:1/x", "http://[::1]:80"])
    def test_plain_http_on_this_machine(self, address: str) -> None:
        assert loaded(f"TELEGRAM_API_BASE={address}/").telegram_api_base == address


class TestSecrets:
    CANARY = "canary4711secret"

    @pytest.mark.parametrize(
        "line",
        [
            "DATABASE_URL=postgresql://user:#{}@host/db",
            "DATABASE_URL=mysql://user:{}@host/db",
            "DATABASE_URL=postgresql://user:[{}]@host:x/db",
            "TELEGRAM_BOT_TOKEN={} {}",
            "TELEGRAM_WEBHOOK_SECRET={} {}",
            "CLOUDINARY_URL=http://{}",
            "STRIPE_API_KEY=pk_live_{}",
        ],
    )
    def test_no_complaint_repeats_one(self, line: str) -> None:
        with pytest.raises(SettingsError) as caught:
            loaded(line.replace("{}", self.CANARY))
        assert self.CANARY not in f"{caught.value!s}{caught.value!r}{caught.value.__cause__!r}"

    def test_none_is_printed(self) -> None:
        settings = loaded(
            f"DATABASE_URL=postgresql://user:{self.CANARY}@host/db\nTELEGRAM_BOT_TOKEN=1:{self.CANARY}\n"
            f"CLOUDINARY_URL=cloudinary://1:{self.CANARY}@c\nSUPABASE_KEY={self.CANARY}\n"
            f"TELEGRAM_WEBHOOK_SECRET={self.CANARY}\nSUPABASE_URL=https://{self.CANARY}.example.org"
        )
        assert self.CANARY not in f"{settings!r}{settings!s}{settings.notes}"

    def test_what_logs_must_hide(self) -> None:
        secrets = loaded("DATABASE_URL=postgresql://u:made%40up@h/db\nTELEGRAM_BOT_TOKEN=12:abcdef").secrets()
        assert {"12:abcdef", "made%40up", "made@up"} <= set(secrets)


class TestNotes:
    def test_a_misspelt_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TELEGRAM_BOT_TOKN", "1:a")
        note = "TELEGRAM_BOT_TOKN is not a setting; did you mean TELEGRAM_BOT_TOKEN?"
        assert load_settings().notes == (note,)

    def test_a_strange_name_in_our_own_file(self) -> None:
        assert loaded("STREAMLIT_THEME=dark").notes == (
            "STREAMLIT_THEME is not a setting of this service and has no effect.",
        )

    def test_the_systems_own_names_are_left_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("LANGUAGE", "HOSTNAME", "STREAMLIT_THEME", "PATH"):
            monkeypatch.setenv(name, "x")
        assert load_settings().notes == ()

    def test_an_old_supabase_key(self) -> None:
        notes = loaded("SUPABASE_KEY=k\nSUPABASE_URL=u\nDATABASE_URL=postgresql://u:p@h/db").notes
        assert [note.split(" can be removed")[0] for note in notes] == [
            "SUPABASE_KEY is not used and",
            "SUPABASE_URL is not used and",
        ]


class TestAdminLogin:
    WHOLE = "AUTH0_ADMIN_CLAIM=c\nAUTH0_DOMAIN=t.eu.auth0.com\nAUTH0_CLIENT_ID=i\nPUBLIC_URL=https://b.example.org"

    def test_without_a_claim_an_invite_is_enough(self) -> None:
        """Also where auth0-token --interactive is set up."""
        settings = loaded("AUTH0_DOMAIN=t.eu.auth0.com\nAUTH0_CLIENT_ID=i\nPUBLIC_URL=https://b.example.org")
        assert (settings.admins_log_in, settings.society().admins_log_in) == (False, False)
        settings.refuse_half_a_login()

    def test_a_whole_one(self) -> None:
        settings = loaded(self.WHOLE)
        assert (settings.society().admins_log_in, settings.login_lacks, settings.auth0_binding_days) == (True, (), 30)
        settings.refuse_half_a_login()
        loaded(f"{self.WHOLE}\nAUTH0_BINDING_DAYS=7").refuse_half_a_login()

    @pytest.mark.parametrize("name", ["AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "PUBLIC_URL"])
    def test_half_a_one_is_refused_with_what_is_missing(self, name: str) -> None:
        left = "\n".join(line for line in self.WHOLE.splitlines() if not line.startswith(name))
        with pytest.raises(SettingsError, match=f"nobody can without {name}: set that too, or take it out again"):
            loaded(left).refuse_half_a_login()

    @pytest.mark.parametrize("days", ["0", "367", "x"])
    def test_days_have_bounds(self, days: str) -> None:
        with pytest.raises(SettingsError, match="AUTH0_BINDING_DAYS must be"):
            loaded(f"AUTH0_BINDING_DAYS={days}")


class TestForgottenDatabase:
    def test_an_old_env_must_not_start_an_empty_database(self) -> None:
        settings = loaded("SUPABASE_URL=https://abcd.supabase.co\nSUPABASE_KEY=k")
        with pytest.raises(SettingsError, match=r"Session pooler.*copy the connection string.*Example: DATABASE_URL="):
            settings.refuse_forgotten_database()

    @pytest.mark.parametrize("text", ["", "SUPABASE_URL=https://a.example.org\nDATABASE_URL=postgresql://u:p@h/db"])
    def test_otherwise_nothing_is_refused(self, text: str) -> None:
        loaded(text).refuse_forgotten_database()


def test_the_example_file_names_every_setting_and_changes_nothing() -> None:
    lines = (PROJECT / ".env.example").read_text("utf-8").splitlines()
    named = {line.removeprefix("#").split("=")[0] for line in lines if "=" in line and not line.startswith("# ")}
    assert named == KNOWN
    assert all(line.startswith("#") or not line for line in lines)


def test_how_to_reach_the_office_has_its_limit() -> None:
    assert loaded("OFFICE_CONTACT=Gate 1, 10–17 h, +44 7700 900100").society().office_contact is not None
    with pytest.raises(SettingsError, match="OFFICE_CONTACT must have at most 200 characters"):
        loaded(f"OFFICE_CONTACT={'x' * 201}")


class TestPayments:
    @pytest.mark.parametrize("line", ["RAZORPAY_KEY_ID=rzp_live_1", "RAZORPAY_KEY_SECRET=secret"])
    def test_razorpays_two_keys_go_together(self, line: str) -> None:
        with pytest.raises(SettingsError, match="go together"):
            loaded(line)

    @pytest.mark.parametrize(
        "line",
        ["STRIPE_API_KEY=pk_live_1", "STRIPE_WEBHOOK_SECRET=short", "RAZORPAY_KEY_ID=key\nRAZORPAY_KEY_SECRET=x"],
    )
    def test_what_cannot_work_is_refused(self, line: str) -> None:
        with pytest.raises(SettingsError):
            loaded(line)

    def test_keys_and_secrets_are_secrets(self) -> None:
        keys = "STRIPE_API_KEY=sk_live_canary\nRAZORPAY_KEY_ID=rzp_live_1\nRAZORPAY_KEY_SECRET=canary-secret\n"
        hooks = "STRIPE_WEBHOOK_SECRET=whsec_canary\nRAZORPAY_WEBHOOK_SECRET=canary-hook\n"
        settings = loaded(keys + hooks)
        assert set(settings.secrets()) == {"sk_live_canary", "canary-secret", "whsec_canary", "canary-hook"}
        assert "canary" not in repr(settings)


class TestTrustedProxies:
    def test_nobody_by_default(self) -> None:
        assert load_settings().trusted_proxies == ()

    def test_addresses_and_networks(self) -> None:
        found = loaded("TRUSTED_PROXIES=127.0.0.1, 172.16.0.0/12, ::1").trusted_proxies
        assert [str(network) for network in found] == ["127.0.0.1/32", "172.16.0.0/12", "::1/128"]

    @pytest.mark.parametrize("typed", ["nginx", "127.0.0.1/40", "10.0.0.0/8 192.168.0.1", "*"])
    def test_what_is_no_address_is_told(self, typed: str) -> None:
        assert "TRUSTED_PROXIES must be addresses or networks" in refused(f"TRUSTED_PROXIES={typed}")

    @pytest.mark.parametrize("typed", ["0.0.0.0/0", "10.0.0.1, ::/0"])
    def test_everybody_is_refused(self, typed: str) -> None:
        assert "must not hold every address" in refused(f"TRUSTED_PROXIES={typed}")


class TestWhoReadsPhotos:
    def test_this_machine_where_no_key_is_set(self) -> None:
        settings = load_settings()
        assert (settings.photo_reader, settings.openai_reads, settings.ai_wording) == (PhotoReading.AUTO, False, False)

    def test_openai_where_one_is(self) -> None:
        settings = loaded("OPENAI_API_KEY=sk-proj-canary\n")
        assert settings.openai_reads
        assert settings.openai_base_url == "https://api.openai.com/v1"
        assert settings.ai_monthly_cap == Decimal(10)
        assert "sk-proj-canary" in settings.secrets()
        assert "canary" not in repr(settings)

    @pytest.mark.parametrize("line", ["PHOTO_READER=offline", "PHOTO_READER=Off", "AI_MONTHLY_CAP=0"])
    def test_not_where_it_is_not_wished(self, line: str) -> None:
        assert not loaded(f"OPENAI_API_KEY=sk-proj-canary\n{line}").openai_reads

    @pytest.mark.parametrize("line", ["PHOTO_READER=openai", "AI_WORDING=true"])
    def test_what_needs_a_key_says_so(self, line: str) -> None:
        assert f"{line.split('=', maxsplit=1)[0]} must have OPENAI_API_KEY beside it" in refused(line)

    @pytest.mark.parametrize(
        "line",
        [
            "OPENAI_BASE_URL=http://models.example.org/v1",
            "OPENAI_MODEL=the good one",
            "AI_MONTHLY_CAP=-1",
            "AI_MONTHLY_CAP=ten",
            "AI_MONTHLY_CAP=NaN",
            "PHOTO_READER=me",
        ],
    )
    def test_what_cannot_work_is_refused(self, line: str) -> None:
        assert line.split("=", maxsplit=1)[0] in refused(f"OPENAI_API_KEY=sk-proj-canary\n{line}")

    def test_a_server_of_this_machine(self) -> None:
        assert loaded("OPENAI_BASE_URL=http://127.0.0.1:9/v1/").openai_base_url == "http://127.0.0.1:9/v1"
