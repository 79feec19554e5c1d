"""The page, asked as a browser asks it."""

import dataclasses
import html
import io
import re

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.demo_page.app import create_app
from cocoqa_keras.demo_page.demonstrated_run import DemonstratedRun, open_images
from cocoqa_keras.demo_page.gallery import Gallery
from cocoqa_keras.demo_page.questioner import Questioner
from cocoqa_keras.demo_page.upload import MAX_BYTES, MAX_SIDE, Upload
from cocoqa_keras.errors import InputError
from cocoqa_keras.export.saved_model import write_saved_model
from cocoqa_keras.listening import LOOPBACK_NAMES
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo

QUESTION = "what color is it"
ORIGIN = "http://127.0.0.1:8502"


def client_of(run, hosts=LOOPBACK_NAMES):
    return TestClient(create_app(run, hosts), ORIGIN)


@pytest.fixture(scope="module")
def client(run):
    return client_of(run)


@pytest.fixture(scope="module")
def blind_client(tiny_spec, dataset, tmp_path_factory):
    """A model that takes no image."""
    folder = tmp_path_factory.mktemp("bow")
    model = build_model(tiny_spec("bow"), DatasetInfo.of(dataset))
    write_saved_model(folder, model, dataset.question_words, dataset.answers)
    questioner = Questioner(folder, dataset.question_words, dataset.answers)
    return client_of(DemonstratedRun("bow-1", "bow", None, questioner))


def best_answer(reply):
    assert reply.status_code == 200
    return re.search(r'id="best" class="best">(.*?)</p>', reply.text)[1]


def message_of(reply, status=400):
    """The message in a page."""
    assert reply.status_code == status
    assert 'class="best"' not in reply.text
    return html.unescape(re.search(r'role="alert">(.*?)</p>', reply.text)[1])


def png(picture, kind="PNG"):
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def post(client, content=None, question=QUESTION, **more):
    files = {} if content is None else {"picture": ("mine.png", content)}
    return client.post("/own", data={"question": question, **more}, files=files)


# Pictures of the data set.


def test_the_first_page_shows_a_picture_of_the_test_part_and_all_others_to_choose(client):
    text = client.get("/").text
    assert re.findall(r'<img src="/pictures/(\d)"', text) == ["3", "3", "1", "2", "4"]
    assert "img_bow-20260101: 75.0&nbsp;% of the test questions answered right" in text


def test_each_picture_is_answered_about(client):
    answers = [
        best_answer(client.get("/", params={"image": image, "question": f"{QUESTION}?"})) for image in "1234"
    ]
    assert answers == ["red", "green", "blue", "gray"]


def test_scores_and_the_effects_of_words_are_shown(client):
    text = client.get("/", params={"image": "1", "question": "it is not"}).text
    assert re.findall(r'<th scope="row">(.*?)</th>.*?<td>(.*?)</td>', text, re.DOTALL) == [
        *zip(["green", "red", "blue", "gray", "UNK"], ["1.000", *["0.000"] * 4], strict=True),
        *zip(["it", "is", "not"], ["0.000", "0.000", "\u22121.000"], strict=True),
    ]


def test_words_that_the_model_does_not_know_are_named(client):
    text = client.get("/", params={"image": "1", "question": "what zebra is <b>"}).text
    assert "does not know “zebra”, “&lt;b&gt;”" in text
    assert "does not know" not in client.get("/", params={"image": "1", "question": QUESTION}).text


def test_a_question_is_kept_and_offered_about_the_other_pictures(client):
    text = client.get("/", params={"image": "1", "question": "what & is it?"}).text
    assert 'value="what &amp; is it?"' in text
    assert 'href="/?image=2&amp;question=what%20%26%20is%20it%3F&amp;page=1"' in text


def test_questions_of_the_data_set_are_offered(client):
    assert 'href="/?image=1&amp;question=what%20color%20is%20it"' in client.get("/?image=1").text
    assert "Asked in the data set" not in client.get("/?image=4").text


def test_markup_in_a_question_is_text(client):
    attack = '"><script>alert(1)</script>'
    text = client.get("/", params={"image": "1", "question": attack}).text
    assert "<script" not in text
    assert "&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_alternative_texts_do_not_give_answers_away(client):
    assert set(re.findall(r'alt="(.*?)"', client.get("/").text)) == {
        f"Image {image_id}" for image_id in (1, 2, 3, 4)
    }


def test_a_picture_is_the_file_of_the_data_set(client, colored):
    reply = client.get("/pictures/2")
    assert reply.content == (colored / "images" / "102.png").read_bytes()
    assert reply.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "path", ["5", "0", "102", "102.png", "..%2F..%2Fimages%2F102.png", "../../etc/passwd", ""]
)
def test_nothing_but_pictures_by_id_is_served(client, path):
    assert client.get(f"/pictures/{path}").status_code == 404


def test_a_link_to_what_is_no_picture_is_not_served(run, dataset, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    link = tmp_path / "102.png"
    link.symlink_to(secret)
    client = client_of(dataclasses.replace(run, gallery=Gallery(dataset, Pictures({"102": link}))))
    assert client.get("/pictures/2").status_code == 404


def test_images_without_a_file_go_by_their_names(run, dataset):
    client = client_of(dataclasses.replace(run, gallery=Gallery(dataset, Pictures({}))))
    reply = client.get("/", params={"image": "1", "question": QUESTION})
    assert best_answer(reply) == "red"
    assert "<img" not in reply.text
    assert '<span class="no-picture">Image 2</span>' in reply.text
    assert client.get("/pictures/1").status_code == 404


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"image": "1", "question": ""}, "Please type a question."),
        ({"image": "1", "question": " ? "}, "Please type a question."),
        ({"image": "1", "question": "a" * 301}, "The question is too long: 300 characters are the most."),
        ({"image": "5", "question": "what"}, "There is no image 5; they go from 1 to 4."),
        ({"image": "<i>"}, "There is no image <i>; they go from 1 to 4."),
        ({"image": ""}, "There is no image ; they go from 1 to 4."),
    ],
)
def test_a_mistake_is_told_in_the_page(client, query, message):
    assert message_of(client.get("/", params=query)) == message


@pytest.mark.parametrize(("page", "shown"), [("1", 1), ("0", 1), ("99", 1), ("x", 1), ("9" * 5000, 1)])
def test_any_page_number_will_do(client, page, shown):
    assert f"Page {shown} of 1" in client.get("/", params={"page": page}).text


# Without images.


def test_a_model_that_takes_no_image_shows_none(blind_client):
    reply = blind_client.get("/", params={"question": QUESTION})
    assert best_answer(reply)
    assert "<img" not in reply.text
    assert "Choose a picture" not in reply.text
    assert blind_client.get("/pictures/1").status_code == blind_client.get("/own").status_code == 404


# Pictures of one's own.


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_of_ones_own_is_answered_about(client, kind):
    content = png(Image.new("RGB", (300, 200), "red"), kind)
    assert best_answer(post(client, content)) == "red"


def test_an_upload_has_the_scores_of_the_same_picture_in_the_data_set(client, colored):
    content = (colored / "images" / "103.png").read_bytes()
    uploaded = post(client, content).text
    stored = client.get("/", params={"image": "3", "question": QUESTION}).text
    tables = [re.findall(r"<table.*</table>", text, re.DOTALL) for text in (uploaded, stored)]
    assert tables[0] == tables[1] != []


def test_a_second_question_about_an_upload_needs_no_second_upload(client):
    picture = Image.fromarray(np.random.RandomState(0).randint(0, 256, (700, 900, 3)).astype(np.uint8))
    first = post(client, png(picture)).text
    (kept,) = re.findall(r'name="kept" value="(.*?)"', first)
    assert f"data:image/png;base64,{kept}" in first
    second = post(client, question=QUESTION, kept=kept).text
    assert second == first  # the scores are those of the picture itself
    assert Upload.from_base64(kept).picture.shape == (round(MAX_SIDE * 7 / 9), MAX_SIDE, 3)


def test_a_new_picture_takes_the_place_of_the_one_before(client):
    first = post(client, png(Image.new("RGB", (96, 96), "red"))).text
    (kept,) = re.findall(r'name="kept" value="(.*?)"', first)
    assert best_answer(post(client, png(Image.new("RGB", (96, 96), "blue")), kept=kept)) == "blue"


def test_a_picture_stays_where_the_question_is_missing(client):
    reply = post(client, png(Image.new("RGB", (96, 96), "red")), question="")
    assert message_of(reply) == "Please type a question."
    assert 'name="kept"' in reply.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "Please choose a picture."),
        (b"", "Please choose a picture."),
        (b"no picture", "Your picture: not a picture that can be read; give a PNG or JPEG file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Your picture: not a picture that can be read"),
        (png(Image.new("RGB", (90, 90), "red"))[:60], "Your picture: not a picture that can be read"),
        (
            png(Image.new("1", (10000, 6000))),
            "Your picture: has more than 50,000,000 pixels; make it smaller",
        ),
    ],
)
def test_a_bad_upload_is_told_in_the_page(client, content, message):
    reply = post(client, content)
    assert message in message_of(reply)
    assert f'value="{QUESTION}"' in reply.text


@pytest.mark.parametrize("kept", ["%", "AAAA", "é"])
def test_a_picture_that_comes_back_damaged_is_told(client, kept):
    assert message_of(post(client, kept=kept)).startswith("Your picture")


def test_an_upload_that_is_too_large_is_told(client):
    reply = post(client, bytes(MAX_BYTES + 3 * 2**20))
    assert message_of(reply, 413) == "Your picture is too large: 10 MB are the most."


def test_a_request_that_is_no_form_is_refused(client):
    assert client.post("/own", content=(chunk for chunk in [b"a"])).status_code == 411
    chunked_though_small = {"Transfer-Encoding": "chunked", "Content-Length": "1"}
    assert client.post("/own", content=b"a", headers=chunked_though_small).status_code == 411
    assert message_of(client.post("/own", content=b"a")) == "Please choose a picture."
    multipart = {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.post("/own", content=b"damaged", headers=multipart).status_code == 400
    many = {f"picture{number}": b"a" for number in range(3)}
    assert client.post("/own", files=many).status_code == 400


@pytest.mark.parametrize("extractor", [None, "vgg19 fc2, weights sha256 0123456789ab"])
def test_where_features_cannot_be_made_again_there_is_no_upload(run, spec, colored, tmp_path, extractor):
    write_features(tmp_path / "f.h5", np.ones((4, 4096)), extractor=extractor)
    images, gallery = open_images(spec, 4096, colored / "cocoqa", tmp_path / "f.h5", None)
    client = client_of(dataclasses.replace(run, images=images, gallery=gallery))
    assert "Your own" not in client.get("/").text
    assert client.get("/own").status_code == client.post("/own").status_code == 404


def test_features_that_do_not_fit_are_refused(spec, colored, tmp_path):
    write_features(tmp_path / "narrow.h5", np.ones((4, 3)))
    with pytest.raises(InputError, match="has 3 features of an image, and img_bow takes 4096"):
        open_images(spec, 4096, colored / "cocoqa", tmp_path / "narrow.h5", None)
    write_features(tmp_path / "short.h5", np.ones((3, 4096)))
    with pytest.raises(InputError, match="3 rows, and the data have 4 images"):
        open_images(spec, 4096, colored / "cocoqa", tmp_path / "short.h5", None)


# Other pages, and the web.


@pytest.mark.parametrize("path", ["/", "/?image=0", "/own", "/pictures/1", "/static/style.css", "/nowhere"])
def test_every_reply_tells_the_browser_to_load_nothing_from_elsewhere(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "script-src 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", f"/?image=1&question={QUESTION}", "/own"])
def test_no_page_names_an_address_elsewhere_or_has_a_style_or_script_of_its_own(client, path):
    text = client.get(path).text
    addresses = re.findall(r'(?:href|src|action)="(.*?)"', text)
    assert len(addresses) > 3
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert "<style" not in text
    assert "<script" not in text
    assert not re.search(r"\s(style|on\w+)=", text)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8502", "localhost:8502", "[::1]:8502", "LOCALHOST"])
def test_this_machine_may_be_called_by_its_names(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8502", "127.0.0.1.evil.example", "", "localhost."]
)
def test_another_name_that_leads_to_this_machine_is_refused(client, run, host):
    reply = client.get("/", headers={"Host": host})
    assert reply.status_code == 400
    assert "img_bow" not in reply.text
    assert client_of(run, ["*"]).get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        (ORIGIN, 200),
        ("http://evil.example", 403),
        ("http://127.0.0.1:8503", 403),
        ("http://127.0.0.1", 403),
        ("null", 403),
        ("http://[", 403),
        ("", 403),
    ],
)
def test_a_form_of_another_page_is_refused(client, origin, status):
    files = {"picture": png(Image.new("RGB", (96, 96), "red"))}
    headers = {} if origin is None else {"Origin": origin}
    assert (
        client.post("/own", data={"question": QUESTION}, files=files, headers=headers).status_code == status
    )
